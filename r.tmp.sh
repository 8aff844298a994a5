for f in "$@"; do echo "== $f $(wc -l < $f)"; node -r ts-node/register/transpile-only $f; done
