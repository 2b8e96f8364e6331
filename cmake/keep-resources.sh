#!/bin/sh
# Runs the compiler given as arguments and keeps what ptxas says of each kernel's registers, shared memory and spills
# in OBJECT.resources, so that the build's output stays readable. Everything else passes through.
object=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && object=$argument
  previous=$argument
done
[ -n "$object" ] || exec "$@"
said=$object.said
"$@" 2>"$said"
status=$?
ptxas="^ptxas info|bytes stack frame|^[[:space:]]*[0-9]+ bytes"
grep -E "$ptxas" "$said" >"$object.resources"
grep -vE "$ptxas" "$said" >&2
rm -f "$said"
exit $status
