# SPDX-License-Identifier: Apache-2.0
# For the scripts beside it: $python, which has the modules that $needs lists; else they skip.
python=${MLINSPECT_PYTHON:-python3}
case $python in /*) ;; */*) python=$PWD/$python ;; esac
if ! "$python" -c "import $needs" >/dev/null 2>&1; then
	echo "1..0 # SKIP no $needs: make venv, set MLINSPECT_PYTHON"
	exit
fi
