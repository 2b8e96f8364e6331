// Every operation on odd shapes: forward against its definition, backward against finite differences.
#include "network_agreement.h"
#include "operation_cases.h"

using namespace smug::test;

int main() {
  forEachOperation([](const auto&... arguments) { compare(arguments...); });
  return finish("operations");
}
