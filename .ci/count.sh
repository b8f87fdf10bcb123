# Counts single tests in ctest's logs; sourced by ./test.
#
# A cmocka program reports its own numbers.  One that crashed or ran out of time before it could
# counts as one failed test more than it told; any other program (a script) counts as one test.

counted_passed=0 counted_failed=0 counted_skipped=0

count_log() {
	local passed failed skipped
	read -r passed failed skipped < <(awk '
		function finish() {
			if (verdict == "")
				return
			if (verdict == "bad" && bad == 0)
				bad = 1
			if (verdict == "good" && !cmocka)
				good = 1
			passed += good; failed += bad; skipped += skip
			verdict = ""
		}
		function begin() {
			finish()
			good = bad = skip = cmocka = 0
			verdict = "bad"
		}
		/^[0-9]+\/[0-9]+ Testing: / { begin() }
		/^\[  PASSED  \] [0-9]+ test\(s\)\.$/ { good += $4; cmocka = 1 }
		/^\[  FAILED  \] [0-9]+ test\(s\), listed below:$/ { bad += $4 }
		/^\[  ERROR   \] [^-]/ { bad++ }
		/^\[  SKIPPED \] [0-9]+ test\(s\), listed below:$/ { skip += $4 }
		/^Test Passed\.$/ { verdict = "good" }
		END { finish(); print passed + 0, failed + 0, skipped + 0 }
	' "$1")
	((counted_passed += passed, counted_failed += failed, counted_skipped += skipped)) || true
}

print_count() {
	printf '%d passed, %d failed' "$counted_passed" "$counted_failed"
	((counted_skipped == 0)) || printf ', %d skipped' "$counted_skipped"
	printf '\n'
}
