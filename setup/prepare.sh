# What ./moeplace, ./test and .ci/run share: install what is missing, build what has changed. Sourced, never run by itself.
# The caller sets root. Everything said here goes to stderr, because stdout belongs to the program.
# Exit 2: the machine lacks something that a person must install. Exit 3: a step failed.
# shellcheck shell=bash disable=SC2154

packages=(coinor-libcbc-dev fonts-dejavu-core cmake g++ make libtorch-dev libgloo-dev libopenblas0-pthread iproute2)
test_packages=(postgresql chromium)
state="$root/artifacts/setup"
program="$root/artifacts/bin/MoEPlace.Cli/release/MoEPlace.Cli"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true \
    DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_USE_MSBUILD_SERVER=0

# prepare program | prepare tests: returns when it is installed and built. Costs one `find` when nothing has changed.
prepare() {
    local kind=$1 missing faults=()
    [[ $kind == program ]] || packages+=("${test_packages[@]}")
    find_dotnet
    if packages_known && built "$kind"; then return; fi

    missing=$(missing_packages)
    built "$kind" || check_tools
    [[ -z $missing || $EUID -eq 0 ]] || faults+=("missing Debian packages: run  sudo apt-get install -y $missing")
    if ((${#faults[@]})); then
        printf "./${0##*/}: %s\n" "${faults[@]}" >&2
        exit 2
    fi
    if [[ -z $missing ]] && built "$kind"; then
        touch "$state/packages-$kind" 2>/dev/null || true
        return
    fi
    set_up "$kind"
}

say() { printf "./%s: %s\n" "${0##*/}" "$*" >&2; }

# The built program looks for the runtime in fixed places; a .NET that only PATH knows must be told to it.
find_dotnet() {
    if [[ -n ${DOTNET_ROOT:-} ]]; then
        PATH="$PATH:$DOTNET_ROOT"
    elif command -v dotnet >/dev/null; then
        local folder
        folder=$(readlink -f -- "$(command -v dotnet)")
        folder=${folder%/*}
        [[ ! -d $folder/host/fxr ]] || export DOTNET_ROOT="$folder"
    fi
}

# Whether Debian's packages were all there and nothing has been installed or removed since.
packages_known() { [[ -e $state/packages-$kind && ! /var/lib/dpkg/status -nt $state/packages-$kind ]]; }

# Whether the last build is of this folder and of the sources as they are. Folders count: theirs is the date of a removal.
built() {
    local stamp="$state/$1" place sources=(src)
    [[ $1 == program ]] || sources+=(tests)
    [[ -x $program && -d $root/node_modules && -r $stamp ]] || return 1
    read -r place <"$stamp" && [[ $place == "$root" ]] || return 1
    sources+=(setup MoEPlace.sln global.json Directory.Build.props Directory.Packages.props .editorconfig package.json package-lock.json)
    [[ -z $(find "${sources[@]/#/$root/}" -newer "$stamp" -print -quit) ]]
}

check_tools() {
    local wanted found told
    if ! command -v dotnet >/dev/null; then
        faults+=("the .NET SDK is missing: install .NET SDK 10 and put dotnet on PATH (or set DOTNET_ROOT)")
    elif ! told=$(cd "$root" && dotnet --version 2>&1); then
        wanted=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$root/global.json")
        found=$(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ')
        faults+=("no fitting .NET SDK: global.json asks for $wanted or a later 10.0; installed: ${found:-none}; dotnet says: ${told%%$'\n'*}")
    fi
    wanted=$(sed -n 's/.*"node": *">=\([0-9]*\)".*/\1/p' "$root/package.json")
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        faults+=("node or npm is missing: install Node.js $wanted or later, with npm")
    else
        found=$(node --version)
        found=${found#v}
        ((${found%%.*} >= wanted)) || faults+=("Node.js is too old: version $found; $wanted or later is needed")
    fi
}

missing_packages() {
    command -v dpkg-query >/dev/null || { say "not a Debian system: cannot check for ${packages[*]}"; return 0; }
    local installed name missing=()
    installed=$(dpkg-query -W -f '${Package}=${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) || true
    for name in "${packages[@]}"; do
        [[ $'\n'$installed$'\n' == *$'\n'"$name=installed"$'\n'* ]] || missing+=("$name")
    done
    printf '%s' "${missing[*]}"
}

# Two starts at once: the second waits, and finds everything done.
set_up() {
    if ! { mkdir -p "$state" && : >>"$state/lock"; } 2>/dev/null; then
        say "cannot write to $root/artifacts: set up as the user who owns it"
        exit 3
    fi
    exec 9>>"$state/lock"
    flock -n 9 || { say "waiting for another start that is setting up"; flock 9; }
    install_packages
    touch "$state/packages-$kind"
    if ! built "$1"; then
        install_node_packages
        restore
        build "$1"
    fi
    exec 9>&-
}

install_packages() {
    local missing
    read -ra missing <<<"$(missing_packages)"
    ((${#missing[@]})) || return 0
    say "installing Debian packages: ${missing[*]}"
    step apt "install them by hand: apt-get update && apt-get install -y ${missing[*]}" apt_install "${missing[@]}"
}

apt_install() {
    local install=(apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@")
    export DEBIAN_FRONTEND=noninteractive
    "${install[@]}" || { apt-get update && "${install[@]}"; }
}

install_node_packages() {
    local done_for="$root/node_modules/.installed-package-lock.json"
    cmp -s "$root/package-lock.json" "$done_for" && return
    say "installing node packages"
    step npm "this needs a package registry once; check the network and start again" \
        npm --prefix "$root" ci --ignore-scripts --no-audit --no-fund --no-update-notifier
    cp "$root/package-lock.json" "$done_for"
}

# All projects at once, so that ./test needs no network after ./moeplace. Again only when a project, a version or the place changes.
restore() {
    local inputs projects=(-name '*.csproj' -o -name '*.props' -o -name packages.lock.json)
    inputs=$(
        cd "$root"
        echo "$root ${NUGET_PACKAGES:-$HOME/.nuget/packages}"
        { find src tests "${projects[@]}"; ls -- *.props global.json; } | sort | xargs -d '\n' sha256sum
    )
    [[ -r $state/restored && $inputs == "$(<"$state/restored")" ]] && return
    say "restoring .NET packages"
    step restore "this needs a package registry once; check the network and start again" dotnet restore "$root/MoEPlace.sln"
    printf '%s\n' "$inputs" >"$state/restored"
}

# No build server stays behind: it would hold memory, and the lock.
build() {
    local target="$root/MoEPlace.sln" stamps=(program tests) stamp
    [[ $1 == tests ]] || { target="$root/src/MoEPlace.Cli/MoEPlace.Cli.csproj"; stamps=(program); }
    say "building"
    printf '%s\n' "$root" >"$state/building"
    step build "mend the source; if it is not the source, remove $root/artifacts and start again" \
        dotnet build "$target" -c Release --no-restore -v:minimal -nodeReuse:false -p:UseSharedCompilation=false
    for stamp in "${stamps[@]}"; do
        cp -p "$state/building" "$state/$stamp"
    done
}

# step NAME ADVICE COMMAND...: quiet when it works; otherwise what matters of its log, the advice, exit 3.
step() {
    local log="$state/$1.log" advice=$2
    shift 2
    if "$@" >"$log" 2>&1 </dev/null 9>&-; then return; fi
    say "failed: $*"
    { grep -E '(^|: )error ' "$log" | sort -u | head -n 30 | grep . || tail -n 30 "$log"; } | sed 's/^/    /' >&2
    say "$advice"
    say "whole log: $log"
    exit 3
}
