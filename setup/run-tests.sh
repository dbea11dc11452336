# How ./test runs the test projects, one after another, each with both cores, and sums up. Sourced by ./test.
# shellcheck shell=bash disable=SC2154

limit_seconds=${MOEPLACE_TEST_LIMIT:-1200}
passed=0 failed=0 skipped=0
projects=() filters=() failures=()
running=

# Names that are projects choose projects; all others choose tests in those projects, or in all.
choose_tests() {
    local all=() name project
    for project in "$root"/tests/*.Tests/; do
        project=${project%/}
        all+=("${project##*/}")
    done
    for name in "$@"; do
        project=$(printf '%s\n' "${all[@]}" | grep -ixF -e "$name" -e "MoEPlace.$name.Tests" -e "$name.Tests") || project=
        if [[ -n $project ]]; then projects+=("$project"); else filters+=(-method "*$name*"); fi
    done
    ((${#projects[@]})) || projects=("${all[@]}")
}

run_tests() {
    local project
    scratch=$(mktemp -d)
    trap 'stop_running; rm -rf -- "$scratch"' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir "$scratch/tmp"
    ulimit -c 0
    for project in "${projects[@]}"; do
        say "running $project"
        run_project "$project"
    done
    if ((passed + failed + skipped == 0)); then
        note_failure "no test has run"
    fi
    echo
    ((${#failures[@]} == 0)) || printf 'failed: %s\n' "${failures[@]}"
    local skips=
    ((skipped == 0)) || skips=", $skipped skipped"
    echo "$passed passed, $failed failed$skips"
    ((failed == 0))
}

# The project runs in a process group of its own, so that what it leaves behind can be seen and ended.
run_project() {
    local project=$1 code=0 log="$scratch/$1.log" program="$root/artifacts/bin/$1/release/$1"
    set -m
    TMPDIR="$scratch/tmp" timeout --kill-after=10 "$limit_seconds" \
        "$program" -noColor -noLogo -noAutoReporters ${filters[@]+"${filters[@]}"} >"$log" 2>&1 </dev/null &
    running=$!
    set +m
    wait "$running" 2>/dev/null || code=$?
    grep -vE "^  (Discovering|Discovered|Starting|Finished): |^=== TEST EXECUTION SUMMARY|^ +$project  Total: " "$log" || true
    count_results "$project" "$code" "$log"
    if ! group_ends "$running"; then
        ((code == 124 || code == 137)) || note_failure "$project left processes running"
        stop_running
    fi
    running=
}

# Whether the process group is gone within two seconds. A dead process that nobody has collected yet is gone.
group_ends() {
    local tries file stat state parent group rest alive
    for ((tries = 0; tries < 20; tries++)); do
        alive=
        for file in /proc/[0-9]*/stat; do
            { read -r stat <"$file"; } 2>/dev/null || continue
            read -r state parent group rest <<<"${stat##*) }"
            [[ $group != "$1" || $state == [ZX] ]] || alive=$file
        done
        [[ -n $alive ]] || return 0
        sleep 0.1
    done
    return 1
}

# Believes the summary only as far as the exit code agrees with it.
count_results() {
    local project=$1 code=$2 log=$3 summary total=0 errors=0 bad=0 skips=0 unrun=0 seconds=0 name before=$failed
    local numbers='Total: ([0-9]+)(, Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+), Time: ([0-9.]+)s)?$'
    summary=$(grep -E "^ +$project  $numbers" "$log" | tail -n 1) || true
    if [[ $summary =~ $numbers ]]; then
        total=${BASH_REMATCH[1]} errors=${BASH_REMATCH[3]:-0} bad=${BASH_REMATCH[4]:-0} skips=${BASH_REMATCH[5]:-0}
        unrun=${BASH_REMATCH[6]:-0} seconds=${BASH_REMATCH[7]:-0}
        passed=$((passed + total - bad - skips - unrun)) skipped=$((skipped + skips)) failed=$((failed + bad + errors))
        while read -r name; do
            failures+=("$name")
        done < <(sed -n 's/^ *\(.*\) \[FAIL\]$/\1/p' "$log")
    fi
    if ((code == 124 || code == 137)); then
        note_failure "$project was still running after $limit_seconds s"
    elif [[ -z $summary ]]; then
        note_failure "$project ended without a summary (exit code $code)"
    elif ((code != 0 && bad + errors == 0)); then
        note_failure "$project ended with exit code $code"
    elif ((total == 0 && ${#filters[@]} == 0)); then
        note_failure "$project has no test that runs"
    fi
    ((total == 0 && failed == before)) || printf '%s: %d passed, %d failed, %d skipped, %s s\n' \
        "$project" "$((total - bad - skips - unrun))" "$((failed - before))" "$skips" "$seconds"
}

note_failure() {
    failed=$((failed + 1))
    failures+=("$1")
}

stop_running() {
    [[ -z $running ]] || kill -KILL -- "-$running" 2>/dev/null || true
}
