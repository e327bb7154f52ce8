#!/bin/sh
# fetch_qcustomplot.sh DIR: leaves qcustomplot.h and qcustomplot.cpp of Debian's source package in DIR.
# apt-get runs with lists and sources of its own below DIR, so neither root nor a deb-src line in /etc is needed.
set -eu

package=qcustomplot_2.1.0+dfsg1
checksums="\
b633167e3d4352ea5aa66bb7d51f7db43b82558cdab9231823ae8af338ab22d4  $package.orig.tar.gz
d176bc930aae1f5e3152fa55a6488c21791db4efc0fcc243998aedee1338ce4c  $package-3.1.debian.tar.xz"

fail() {
    echo "fetch_qcustomplot: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: fetch_qcustomplot.sh DIR"
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -f "$target/qcustomplot.cpp" ] || exit 0
command -v apt-get >/dev/null || fail "there is no apt-get here; build with -DQCUSTOMPLOT_SOURCE_DIR=DIR, \
where DIR holds qcustomplot.h and qcustomplot.cpp, version 2.1 or newer"

work=$target/apt
rm -rf "$work"
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
trap 'rm -rf "$work"' EXIT

# The mirror that this machine already uses; Debian's own where apt has none to name.
# bookworm is named outright: it is the release whose source package this checksum belongs to.
# shellcheck disable=SC2016  # apt fills these in
mirror=$(apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
    sed -n 's/^Packages bookworm main \(.*\)/\1/p' | head -n 1)
cat >"$work/sources/source.sources" <<EOF
Types: deb-src
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF

# The sandbox user is switched off because _apt may not read below a home folder.
private_apt() {
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root \
        -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}

cd "$work"
private_apt -o APT::Update::Error-Mode=any update || fail "the package lists of $(sed -n 's/^URIs: //p' sources/source.sources) could not be \
read; check the network, then start again"
private_apt source --download-only qcustomplot >/dev/null || fail "apt-get source qcustomplot failed"
echo "$checksums" | sha256sum --check --quiet - ||
    fail "the package is not the one that this project was tested with; nothing was unpacked"
# Debian's patches come along: without 02_fix_header_build the code that Qt 6's moc writes for it does not compile.
dpkg-source --no-check --no-copy --extract "$package-3.1.dsc" unpacked >/dev/null || fail "the package could not be unpacked"
# The .cpp is moved last: its presence means that the folder is complete.
for file in GPL.txt changelog.txt qcustomplot.h qcustomplot.cpp; do
    mv "unpacked/$file" "$target/"
done
