#!/bin/sh
# Starts the supervisor again when it dies. Usage: keeper.sh FOLDER PROGRAM [ARGUMENT…]; ends when PROGRAM ends with 0, or after a hundred deaths.
cd "$1" || exit 1
shift
# One keeper: two supervisors would read from the same pipes.
set -C
echo $$ 2>/dev/null >keeper.pid || exit 0
set +C
# Opened once: the folder may be removed while this runs.
exec 2>>supervisor.log
deaths=0
until "$@"; do
  deaths=$((deaths + 1))
  [ "$deaths" -lt 100 ] || exit 1
  sleep 0.1
done
