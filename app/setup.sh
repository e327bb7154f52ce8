# shellcheck shell=bash
# What app/run and tests/run share: install what is missing, configure, build. Sourced, with bash.
#
#   LIBTORCH=DIR   another libtorch than the distribution's (a folder with include/ and lib/); built in a folder of its own
#   LWB_JOBS=N     compilers at once; by default one for each core and 2 GB of free memory

lwb_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lwb_preset=dev
lwb_build=$lwb_root/build/dev

say() {
    if [ -t 2 ]; then printf '\033[1m== %s\033[0m\n' "$*" >&2; else printf '== %s\n' "$*" >&2; fi
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# What the build, the window and the tests need on Debian and its relatives.
lwb_packages() {
    local packages="g++ cmake ninja-build ccache pkg-config nlohmann-json3-dev libcli11-dev libpcre2-dev libutf8proc-dev
        libsentencepiece-dev libsqlite3-dev libssl-dev qt6-base-dev qt6-svg-dev libqt6svg6 qt6-qpa-plugins fonts-dejavu-core"
    if [ -z "${LIBTORCH:-}" ]; then
        # The OpenMP flavour shares libtorch's threads: 1.8 times faster than the pthread one, 35 than plain BLAS.
        packages+=" libopenblas0-openmp"
        # Debian 13 has a CUDA build as well, which would have to make room for the other one.
        is_installed libtorch-cuda-dev || packages+=" libtorch-dev"
    fi
    local ID="" VERSION_ID=""
    # shellcheck disable=SC1091
    [ ! -r /etc/os-release ] || . /etc/os-release
    if [ "$ID" = debian ] && [ "${VERSION_ID:-99}" -lt 13 ]; then
        packages+=" dpkg-dev xz-utils" # QCustomPlot comes from its source package (ui/cmake/fetch_qcustomplot.sh)
    else
        packages+=" libqcustomplot-dev"
    fi
    [ -z "${WAYLAND_DISPLAY:-}" ] || packages+=" qt6-wayland"
    echo "$packages"
}

# Calls apt only when a package is missing, so that a second start costs one dpkg-query.
install_missing() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        # shellcheck disable=SC2046
        say "There is no apt here, so nothing is installed; needed, in Debian's names:" $(lwb_packages)
        return
    fi
    local packages installed package missing=()
    packages=$(lwb_packages)
    # shellcheck disable=SC2086
    installed=" $({ dpkg-query -W -f='${db:Status-Status}:${Package}\n' $packages 2>/dev/null || true; } |
        sed -n 's/^installed://p' | tr '\n' ' ')" # dpkg-query fails when it does not know one of them
    for package in $packages; do
        [[ $installed == *" $package "* ]] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
    local by_hand="apt-get install --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "packages are missing and there is no sudo here; as root, run: $by_hand"
        # Without a terminal nobody can type a password: fail at once rather than wait for ever.
        if [ -t 0 ]; then apt=(sudo "${apt[@]}"); else apt=(sudo -n "${apt[@]}"); fi
    fi
    say "Installing ${#missing[@]} packages with apt: ${missing[*]}"
    "${apt[@]}" update >&2 </dev/null || say "apt could not read all package lists; trying with those it has."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        fail "apt could not install what is missing; its message is above. By hand, as root: $by_hand"
    lwb_configure_again=yes
}

# One compiler for each core, but no more than memory allows: a file with libtorch's headers takes up to 2 GB.
compile_jobs() {
    local cores free_kb limit used
    cores=$(nproc)
    free_kb=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
    if limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) && [ "$limit" != max ]; then # in a container
        used=$(cat /sys/fs/cgroup/memory.current)
        free_kb=$(((limit - used) / 1024 < free_kb ? (limit - used) / 1024 : free_kb))
    fi
    local by_memory=$((free_kb / 2000000))
    local jobs=$((by_memory < cores ? by_memory : cores))
    echo $((jobs > 1 ? jobs : 1))
}

# Only the first time, and after apt brought something new; later ninja itself configures again when a CMake file changed.
configure() {
    [ "$lwb_configure_again" = yes ] || [ ! -f "$lwb_build/build.ninja" ] || return 0
    say "Configuring $lwb_build"
    local log=$lwb_build/configure.log
    # --fresh: what an earlier attempt did not find may have been installed since.
    if ! (cd "$lwb_root" && cmake --preset "$lwb_preset" --fresh -B "$lwb_build" "$@") >"$log" 2>&1; then
        cat "$log" >&2
        fail "CMake could not configure the build; its message is above."
    fi
    grep -E '^-- (libtorch|QCustomPlot)' "$log" >&2 || true
}

# set_up TARGET: leaves TARGET up to date in $lwb_build.
set_up() {
    lwb_configure_again=no
    local options=()
    if [ -n "${LIBTORCH:-}" ]; then
        [ -d "$LIBTORCH" ] || fail "LIBTORCH names '$LIBTORCH', which is no folder."
        LIBTORCH=$(cd "$LIBTORCH" && pwd)
        lwb_build=$lwb_root/build/dev-$(printf %s "$LIBTORCH" | sha256sum | cut -c1-8)
        options=("-DLIBTORCH=$LIBTORCH")
    fi
    install_missing
    mkdir -p "$lwb_build"
    # Two of these scripts at once would build into one folder.
    exec 9>"$lwb_build/.setup.lock"
    flock -n 9 || { say "Waiting for another build in $lwb_build"; flock 9; }
    configure "${options[@]}"
    NINJA_STATUS='[%f/%t, %es] ' ninja -C "$lwb_build" -j "${LWB_JOBS:-$(compile_jobs)}" "$1" >&2 ||
        fail "the build failed; the compiler's message is above."
    exec 9>&-
}
