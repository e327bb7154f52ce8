#!/bin/bash
# arrows.sh DIR: fails when a source below DIR includes what its folder may not know, or has grown beyond 500 lines.
# The arrows are drawn in README.md; each rule is one line: who, what is forbidden to it, why.
# shellcheck disable=SC2046  # no source has a space in its name
set -euo pipefail
cd "$1"
broken=0

# forbid WHY PATTERN PATH...: no #include matching PATTERN (an extended regular expression after < or ") below PATH...
forbid() {
    local why=$1 pattern=$2 path paths=() hits
    shift 2
    for path in "$@"; do
        [ ! -e "$path" ] || paths+=("$path")
    done
    [ ${#paths[@]} -gt 0 ] || return 0
    hits=$(grep -rnE --include='*.h' --include='*.cpp' --include='*.h.in' --include='*.cpp.in' \
        "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "${paths[@]}") || return 0
    printf '%s\n    %s\n' "$why" "${hits//$'\n'/$'\n'    }"
    broken=1
}

torch='torch/|ATen/|c10/|caffe2/'
qt='Q[A-Z]|Qt|q[a-z]+\.h|QtCore/|QtWidgets/'

forbid "Tensors stay in engine/src: no libtorch header elsewhere." "$torch|runtime/torch\.h" \
    app ui engine/include engine/catalog engine/workbench \
    engine/src/io engine/src/tokenizer engine/src/chat engine/src/data engine/src/architecture engine/src/plan engine/src/spec engine/src/gguf
forbid "The engine, the catalog and lwb build where no Qt is: no Qt header there." "$qt" \
    engine app/cli_main.cpp app/commands app/builtin
forbid "The public headers of the engine need the standard library alone." \
    'nlohmann/|openssl/|pcre2|sqlite3|CLI/|(io|tokenizer|data|architecture|plan|gguf|model|lora|train|runtime)/' \
    engine/include
forbid "The catalog knows nothing of the engine or of what is above it." '(engine|workbench|ui|app)/' engine/catalog
forbid "The engine knows nothing of the catalog or of what is above it." '(catalog|workbench|ui|app)/' \
    engine/include engine/src
forbid "The workbench knows nothing of the programs." '(ui|app)/' engine/workbench
forbid "The window does not know the programs, and SQLite and JSON are others' work." 'app/|sqlite3|nlohmann/' ui
forbid "The command line program has no window." 'ui/' app/cli_main.cpp app/commands app/builtin
forbid "Only public headers leave engine/: nobody reaches into another library's src." '(\.\./)*engine/.*src/' app ui
# qcustomplot.h wants Qt's short keywords, which libtorch uses as names. It comes in through widgets/plot_library.h, and
# no header that includes it, itself or by way of another one, is known outside ui/widgets.
forbid "qcustomplot.h is included by ui/widgets/plot_library.h alone." 'qcustomplot\.h' \
    app engine $(find ui -name '*.h' -o -name '*.cpp' | grep -v '^ui/widgets/plot_library\.h$')
plotting='plot_library\.h'
while more=$(grep -rlE --include='*.h' "^#include [<\"]([a-z_]+/)*($plotting)" ui/widgets | sed 's|.*/||; s|\.h$|\\.h|' |
    grep -vxE "${plotting//\\/\\\\}" | sort -u | paste -sd '|'); [ -n "$more" ]; do
    plotting+="|$more"
done
forbid "Headers that bring in QCustomPlot stay inside ui/widgets." "([a-z_]+/)*($plotting)" \
    app engine $(find ui -path ui/widgets -prune -o \( -name '*.h' -o -name '*.cpp' \) -print)

while read -r lines file; do
    if [ "$lines" -gt 500 ] && [ "$file" != total ]; then
        echo "$file has $lines lines; split it (aim at 300, 500 is the limit)."
        broken=1
    fi
done < <(find app engine ui tests -type f \( -name '*.h' -o -name '*.cpp' -o -name '*.sh' -o -name '*.cmake' \) \
    -exec wc -l {} +)

[ "$broken" -eq 0 ] || exit 1
echo "Every include follows the arrows, and no file is longer than 500 lines."
