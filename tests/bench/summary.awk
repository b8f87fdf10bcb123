# What `compare` measured as one table for a page of Markdown: a line for each contestant, a column for
# each case, medians in it; the best of the others in each column is in italics, ours that is not behind
# it in bold.  Functions of report.awk, which reads the results.

function unit(s) {
	return s == "paced" ? "ms" : s == "idle" ? "KiB" : s == "churn" ? "µs" : "M/s"
}

function what_of(c, s) {
	s = scenario[c]
	return (s == "fanout" ? "fan-out" : s == "window" ? "one at a time" : s == "paced" ? "p99" : s) \
		", " members[c] " (" unit(s) ")"
}

# Idle members are not measured in the same number everywhere: those columns are one.
function column_of(c) {
	return scenario[c] == "idle" ? "idle" : c
}

function short(x) {
	return x == "" ? "" : x >= 10 ? sprintf("%.1f", x) : sprintf("%.2f", x)
}

function cell(col, who, i, m, top) {
	for (i = 1; i <= case_count; i++) {
		if (column_of(cases[i]) != col || (m = median(cases[i], who, "main")) == "")
			continue
		top = rival(cases[i], who)
		if (kind[who] == "own")
			return top != "" && !better(cases[i], top, m) ? "**" short(m) "**" : short(m)
		return kind[who] == "peer" && m == champion(cases[i], "peer", link[who]) ? "*" short(m) "*" : short(m)
	}
	return "–"
}

function summary(i, j, n, col, line, lines, who, any) {
	for (i = 1; i <= case_count; i++)
		if (!(column_of(cases[i]) in seen)) {
			seen[column_of(cases[i])] = 1
			col[++n] = column_of(cases[i])
			line = line "| " what_of(cases[i]) " "
		}
	printf "| %s|\n|%s\n", line, dashes(n + 1)
	lines = split(titles, row_of, "\n")
	for (i = 1; i <= lines; i++) {
		split(row_of[i], f, "|")
		who = f[1]
		line = "| " title[who] " "
		any = 0
		for (j = 1; j <= n; j++) {
			any += (cell(col[j], who) != "–")
			line = line "| " cell(col[j], who) " "
		}
		if (any)
			print line "|"
	}
}

function dashes(n, s) {
	while (n-- > 0)
		s = s "---|"
	return s
}
