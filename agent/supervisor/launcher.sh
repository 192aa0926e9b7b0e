#!/bin/sh
# Starts a job's steps. Usage: launcher.sh FOLDER [BUSYBOX]
#
# Knows no step's content and keeps no state but files in FOLDER, so that the supervisor may die and come back at any moment:
#   control  commands: `start N`, `signal N NAME`, `pool FROM TO`     N.begun  taken, at most once, whatever is asked
#   status   pokes: `s N` runs, `x N` ended, `p TO` pipes made        N.pid    the step's process group
#   alive    held open as long as this process lives                  N.exit   `CODE OOM-KILLS-BEFORE AFTER .`; complete with its dot
#   N.out, N.err, N.end  a step's named pipes                         N.run    made by the supervisor: environment and program
#
# With BUSYBOX (a path) every tool is taken from it: then the container needs none.

cd "$1" || exit 1
tools=$2

if [ "$3" != clean ]; then
  set -C
  echo $$ >pid || exit 0
  set +C
  $tools cat "/proc/$$/environ" >environ
  PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
  for shell in bash sh python pwsh; do
    found=$(command -v "$shell") && printf '%s=%s\n' "$shell" "$found"
  done >shells
  $tools mkfifo control status alive
  # Nothing of this environment may reach a step: each gets exactly its own.
  case $0 in /*) self=$0 ;; *) self=$OLDPWD/$0 ;; esac
  exec $tools env -i PATH="$PATH" RUNNER_TRACKING_ID="$RUNNER_TRACKING_ID" $tools sh "$self" . "$tools" clean
fi

# How many processes of this cgroup the kernel killed for memory; 0 where it does not say.
count_oom_kills() {
  oom=0
  while read -r name count _; do
    [ "$name" = oom_kill ] && oom=$count
  done <"$events"
}

find_events() {
  group=/
  while IFS=: read -r hierarchy _ path; do
    [ "$hierarchy" = 0 ] && group=$path
  done </proc/self/cgroup
  for events in "/sys/fs/cgroup$group/memory.events" /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$events" ] && return
  done
  events=/dev/null
}

# Holds both ends of the step's pipes while it runs, so that nobody's death breaks a write, and the reading ends afterwards, so that
# what is in them outlives the supervisor and a daemon the step left does not die of its next line. Ends when told through N.end.
run_step() {
  exec 3<&- 9<&- 5<>"$1.out" 6<>"$1.err" 7<>"$1.end" </dev/null >/dev/null
  $tools setsid $tools sh "./$1.run" "$1" >"$1.out" 2>"$1.err" 5<&- 6<&- 7<&-
  code=$?
  before=$oom
  count_oom_kills
  echo "$code $before $oom ." >"$1.exit"
  echo "x $1" >&4
  exec 5<"$1.out" 6<"$1.err"
  read -r _ <&7
}

# Not with `&`: a POSIX shell without job control starts such commands with SIGINT ignored for good, and no step could be interrupted.
# So a throw-away shell starts it in a pipeline and is killed instead of waiting for it.
start_step() {
  set -C
  echo >"$1.begun" || { set +C; return; }
  set +C
  count_oom_kills
  (
    read -r throw_away _ </proc/self/stat
    run_step "$1" | kill -9 "$throw_away"
  )
}

signal_step() {
  [ -s "$1.exit" ] || { read -r group <"$1.pid" && kill -s "$2" -- "-$group"; }
}

make_pipes() {
  names=
  n=$1
  while [ "$n" -lt "$2" ]; do
    names="$names $n.out $n.err $n.end"
    n=$((n + 1))
  done
  { $tools mkfifo $names; echo "p $2" >&4; } &
}

exec 2>/dev/null 3<>control 4<>status 9<>alive
find_events
echo >ready
while read -r verb n detail <&3; do
  case $verb in
  start) start_step "$n" ;;
  signal) signal_step "$n" "$detail" ;;
  pool) make_pipes "$n" "$detail" ;;
  esac
done
