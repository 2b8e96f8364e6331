// Prints the version of the libz3 found at configure time.
#include <z3.h>

#include <cstdio>

int main() {
  unsigned major = 0, minor = 0, build = 0, revision = 0;
  Z3_get_version(&major, &minor, &build, &revision);
  std::printf("%u.%u.%u", major, minor, build);
}
