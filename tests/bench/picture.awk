# The picture of what `compare` measured: one panel of bars for each case, ours in colour, in SVG that is
# readable on light and on dark paper.  titles: compare's contestants; cases: those to show (all, if it is
# empty).  What is kept on the disk, and loops that are slower than another of their kind, stand in the table alone.

BEGIN {
	n = split(titles, lines, "\n")
	for (i = 1; i <= n; i++) {
		if (split(lines[i], f, "|") < 5)
			continue
		title[f[1]] = f[2]
		kind[f[1]] = f[3]
	}
	WIDTH = 860
	LEFT = 370 # of the bars
	SPAN = 400
	STEP = 20
	y = 8
}

{
	split("", v)
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		v[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
	c = v["case"]
}

function chosen(c, who) {
	if (cases != "" && index(" " cases " ", " " c " ") == 0)
		return 0
	return who !~ /^(disk-|uring-|bare-nogro|bare-udp-1)/ && !(c ~ /^fanout/ && who ~ /^(each|mmsg)-/)
}

"round" in v && chosen(c, v["who"]) {
	if (!(c in known)) {
		known[c] = 1
		shown_case[++case_count] = c
		heading[c] = heading_of(v["scenario"], v["members"])
	}
	if (!((c, v["who"]) in rounds))
		who_of[c, ++whos[c]] = v["who"]
	value[c, v["who"], ++rounds[c, v["who"]]] = value_of(v["scenario"]) + 0
}

function heading_of(s, m) {
	if (s == "fanout")
		return m " members, 4 talkers with 64 talks under way: million deliveries per CPU second"
	if (s == "window")
		return m " members, one talk at a time: million deliveries per CPU second"
	if (s == "paced")
		return m " members, 50 talks a second: ms from talk to member, 99 of 100 (less is better)"
	if (s == "idle")
		return m " members who do nothing: KiB for each (less is better)"
	return "joins and quits among " m ": µs of CPU for each that is told (less is better)"
}

function value_of(s) {
	if (s == "fanout" || s == "window")
		return v["per_cpu_s"] / 1e6
	return s == "paced" ? v["p99_ms"] : s == "idle" ? v["rss_each"] / 1024 : v["ns_each"] / 1000
}

function median(c, who, n, i, j, t) {
	n = rounds[c, who]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && value[c, who, j - 1] > value[c, who, j]; j--) {
			t = value[c, who, j]
			value[c, who, j] = value[c, who, j - 1]
			value[c, who, j - 1] = t
		}
	return n % 2 ? value[c, who, (n + 1) / 2] : (value[c, who, n / 2] + value[c, who, n / 2 + 1]) / 2
}

function line(s) {
	body = body s "\n"
}

function shown(x) {
	return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x)
}

function bar(c, who, most, m, w) {
	m = median(c, who)
	w = most > 0 ? SPAN * m / most : 0
	line(sprintf("<text class=\"who\" x=\"%d\" y=\"%d\">%s</text>", LEFT - 8, y + 14, title[who]))
	line(sprintf("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>", kind[who], LEFT, y + 3, w < 1 ? 1 : w, STEP - 6))
	line(sprintf("<text class=\"figure\" x=\"%.1f\" y=\"%d\">%s</text>", LEFT + w + 6, y + 14, shown(m)))
	y += STEP
}

function panel(c, i, most) {
	line(sprintf("<text class=\"case\" x=\"8\" y=\"%d\">%s</text>", y + 16, heading[c]))
	y += 26
	for (i = 1; i <= whos[c]; i++)
		if (median(c, who_of[c, i]) > most)
			most = median(c, who_of[c, i])
	for (i = 1; i <= whos[c]; i++)
		bar(c, who_of[c, i], most)
	y += 14
}

END {
	for (k = 1; k <= case_count; k++)
		panel(shown_case[k])
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", WIDTH, y, WIDTH, y
	print "<style>"
	print "text { font: 13px system-ui, sans-serif; fill: #57606a }"
	print ".case { font-weight: 600; fill: #24292f }"
	print ".who { text-anchor: end }"
	print ".own { fill: #1f883d } .peer { fill: #8c959f } .bare { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #9198a1 } .case { fill: #e6edf3 } .own { fill: #3fb950 } .peer { fill: #656c76 } .bare { stroke: #656c76 }"
	print "}"
	print "</style>"
	printf "%s</svg>\n", body
}
