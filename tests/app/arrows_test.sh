#!/bin/bash
# arrows_test.sh ARROWS: a check that never fails proves nothing, so each rule is broken once in a tree of its own.
set -euo pipefail
arrows=$(realpath "$1")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{app/commands,engine/{include/engine,src/{io,model},catalog/src,workbench/src},ui/{pages,widgets},tests}
    echo '#include <torch/types.h>' >"$tree/engine/src/model/model.cpp"
    echo '#include <QWidget>' >"$tree/ui/pages/page.cpp"
    echo '#include <qcustomplot.h>' >"$tree/ui/widgets/plot_library.h"
    echo '#include "ui/widgets/plot_library.h"' >"$tree/ui/widgets/ticker.h"
    echo '#include "ticker.h"' >"$tree/ui/widgets/axis.h"
    echo '#include "widgets/axis.h"' >"$tree/ui/widgets/plot.cpp"
    echo '#include <engine/engine.h>' >"$tree/engine/workbench/src/queue.cpp"
    echo '#include <QApplication>' >"$tree/app/main.cpp"
}

expect_refused() { # FILE LINE
    fresh_tree
    echo "$2" >>"$tree/$1"
    if "$arrows" "$tree" >/dev/null; then
        echo "not noticed: $2 in $1"
        failures=$((failures + 1))
    fi
}

fresh_tree
"$arrows" "$tree" || { echo "a tree that keeps the rules was refused"; exit 1; }
expect_refused engine/include/engine/a.h '#include <torch/types.h>'
expect_refused engine/include/engine/a.h '#include <nlohmann/json.hpp>'
expect_refused engine/src/io/a.cpp '#include "runtime/torch.h"'
expect_refused engine/src/model/a.cpp '#include <QString>'
expect_refused engine/src/model/a.cpp '#include <catalog/catalog.h>'
expect_refused engine/catalog/src/a.cpp '#  include "engine/error.h"'
expect_refused engine/workbench/src/a.cpp '#include <ATen/ATen.h>'
expect_refused engine/workbench/src/a.cpp '#include <ui/page.h>'
expect_refused app/cli_main.cpp '#include <QCoreApplication>'
expect_refused app/commands/train.cpp '#include "ui/page.h"'
expect_refused app/commands/train.cpp '#include <c10/core/Device.h>'
expect_refused ui/pages/a.cpp '#include <torch/types.h>'
expect_refused ui/pages/a.cpp '#include "../engine/src/model/model.h"'
expect_refused ui/pages/a.cpp '#include <qcustomplot.h>'
expect_refused ui/pages/a.cpp '#include "ui/widgets/plot_library.h"'
expect_refused ui/pages/a.cpp '#include "widgets/ticker.h"'
expect_refused ui/pages/a.cpp '#include "ui/widgets/axis.h"'
fresh_tree
seq -f '// line %g' 501 >"$tree/app/long.cpp"
! "$arrows" "$tree" >/dev/null || { echo "not noticed: a file of 501 lines"; failures=$((failures + 1)); }

[ "$failures" -eq 0 ] || exit 1
echo "Every broken rule was noticed."
