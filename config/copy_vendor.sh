#!/bin/sh
# Install the front-end packages and copy the few files that the pages use to static/vendor/. The arguments
# are the command to call npm by, `npm` by itself where there are none.
set -eu
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- npm
"$@" ci --ignore-scripts --silent
mkdir -p static/vendor/inter
# Without the addresses of source maps, which are not served.
for file in css/tabler.min.css js/tabler.min.js; do
    sed '/sourceMappingURL=/d' "node_modules/@tabler/core/dist/$file" > "static/vendor/${file#*/}"
done
cp node_modules/htmx.org/dist/htmx.min.js static/vendor/
cd node_modules/@fontsource/inter
cp LICENSE files/inter-latin-400-normal.woff2 files/inter-latin-600-normal.woff2 ../../../static/vendor/inter/
