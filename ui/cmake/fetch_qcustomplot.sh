#!/bin/sh
# fetch_qcustomplot.sh DIR: leaves qcustomplot.h and qcustomplot.cpp of Debian's source package in DIR.
# apt-get runs with lists and sources of its own below DIR, so neither root nor a deb-src line in /etc is needed.
set -eu

archive=qcustomplot_2.1.0+dfsg1.orig.tar.gz
sha256=b633167e3d4352ea5aa66bb7d51f7db43b82558cdab9231823ae8af338ab22d4

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
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$work/unpacked"
trap 'rm -rf "$work"' EXIT

# The mirror that this machine already uses; Debian's own where apt has none to name.
# bookworm is named outright: it is the release whose source package this checksum belongs to.
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
private_apt update || fail "the package lists of $(sed -n 's/^URIs: //p' sources/source.sources) could not be \
read; check the network, then start again"
private_apt source --download-only qcustomplot >/dev/null || fail "apt-get source qcustomplot failed"
echo "$sha256  $archive" | sha256sum --check --quiet - ||
    fail "$archive is not the file this project was tested with; nothing was unpacked"
tar --extract --gzip --no-same-owner --strip-components=1 --directory unpacked --file "$archive"
# Moved last, the .cpp after all others: its presence means that the folder is complete.
mv unpacked/GPL.txt unpacked/changelog.txt unpacked/qcustomplot.h "$target/"
mv unpacked/qcustomplot.cpp "$target/"
