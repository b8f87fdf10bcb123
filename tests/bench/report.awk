# The table of what `compare` measured.  titles: its contestants; each line of input is one run's
# key=value.  Of several rounds the median counts; the best stands beside it.

BEGIN {
	n = split(titles, lines, "\n")
	for (i = 1; i <= n; i++) {
		if (split(lines[i], f, "|") < 5)
			continue
		title[f[1]] = f[2]
		kind[f[1]] = f[3]
		link[f[1]] = f[5]
	}
	heading["fanout"] = "M/CPU-s"
	heading["window"] = "M/CPU-s"
	heading["paced"] = "p99 ms"
	heading["idle"] = "KiB each"
	heading["churn"] = "us/told"
	about["fanout"] = "four talkers, 64 talks of each under way; deliveries for each second of the server's processor"
	about["window"] = "one talk at a time; deliveries for each second of the server's processor"
	about["paced"] = "50 talks a second; how long each takes to each member"
	about["idle"] = "memory of the server's process for each member who does nothing"
	about["churn"] = "joins and quits, told to all; the server's processor time for each that is told"
}

{
	split("", v)
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		v[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
}

"version" in v { version = version (version == "" ? "" : ", ") v["version"] " " $2; next }

!(v["case"] in known) { known[v["case"]] = 1; cases[++case_count] = v["case"] }
!((v["case"], v["who"]) in entered) {
	entered[v["case"], v["who"]] = 1
	entrant[v["case"], ++entrants[v["case"]]] = v["who"]
}
{
	scenario[v["case"]] = v["scenario"]
	members[v["case"]] = v["members"]
}

"failed" in v { failure[v["case"], v["who"]] = v["failed"]; next }

{
	if (v["scenario"] == "fanout" || v["scenario"] == "window") {
		add("main", v["per_cpu_s"] / 1e6)
		add("side", v["ns_each"])
	} else if (v["scenario"] == "paced") {
		add("main", v["p99_ms"])
		add("side", v["p50_ms"])
	} else if (v["scenario"] == "idle") {
		add("main", v["rss_each"] / 1024)
	} else if (v["scenario"] == "churn") {
		add("main", v["ns_each"] / 1000)
		add("side", v["cycles_per_cpu_s"])
	}
}

function add(what, value, k) {
	k = v["case"] SUBSEP v["who"] SUBSEP what
	values[k, ++rounds[k]] = value + 0
}

function less_is_better(c) {
	return scenario[c] == "paced" || scenario[c] == "idle" || scenario[c] == "churn"
}

function sorted(k, i, j, t) {
	for (i = 2; i <= rounds[k]; i++)
		for (j = i; j > 1 && values[k, j - 1] > values[k, j]; j--) {
			t = values[k, j]
			values[k, j] = values[k, j - 1]
			values[k, j - 1] = t
		}
}

# "" if there is none.
function median(c, who, what, k, n) {
	k = c SUBSEP who SUBSEP what
	n = rounds[k]
	if (n == 0)
		return ""
	sorted(k)
	return n % 2 ? values[k, (n + 1) / 2] : (values[k, n / 2] + values[k, n / 2 + 1]) / 2
}

function best(c, who, k) {
	k = c SUBSEP who SUBSEP "main"
	sorted(k)
	return values[k, less_is_better(c) ? 1 : rounds[k]]
}

function better(c, a, b) {
	return b == "" || (less_is_better(c) ? a < b : a > b)
}

# The best of that kind over that link.
function champion(c, of, over, i, who, m, top) {
	top = ""
	for (i = 1; i <= entrants[c]; i++) {
		who = entrant[c, i]
		m = median(c, who, "main")
		if (kind[who] == of && link[who] == over && m != "" && better(c, m, top))
			top = m
	}
	return top
}

# Ours over the local socket is measured by others' local sockets, where they have one.
function rival(c, who, m) {
	m = link[who] == "unix" ? champion(c, "peer", "unix") : ""
	return m != "" ? m : champion(c, "peer", "tcp")
}

function ceiling(c, who) {
	return champion(c, "bare", link[who])
}

function times(a, b) {
	return a == "" || b == "" || b == 0 ? "" : sprintf("%.2f", a / b)
}

function number(x) {
	return x == "" ? "" : x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.3f", x)
}

function side_heading(s) {
	return s == "paced" ? "p50 ms" : s == "idle" ? "" : s == "churn" ? "cycles/s" : "ns each"
}

function row(c, who, m, own) {
	own = kind[who] == "own"
	m = median(c, who, "main")
	if ((c, who) in failure)
		printf "%-52s failed: %s\n", title[who], failure[c, who]
	if (m != "")
		printf "%-52s %9s %9s %9s %9s %9s %4d\n", title[who], number(m), number(best(c, who)),
			number(median(c, who, "side")), own ? times(m, rival(c, who)) : "",
			own ? times(m, ceiling(c, who)) : "", rounds[c, who, "main"]
}

function table(c, i, s) {
	s = scenario[c]
	printf "\n%s, %s members: %s\n", s, members[c], about[s]
	printf "%-52s %9s %9s %9s %9s %9s %4s\n", "", heading[s], "best", side_heading(s), "/ peer", "/ bare", "runs"
	for (i = 1; i <= entrants[c]; i++)
		row(c, entrant[c, i])
}

# ---- what is asked of it -----------------------------------------------------------------------

# value has to be at least (or at most, if less) the bound.
function ask(what, value, bound, less) {
	if (value == "" || bound == "")
		printf "%-74s not measured\n", what
	else
		printf "%-74s %9s  %s %9s  %s\n", what, number(value), less ? "<=" : ">=", number(bound),
			(less ? value <= bound : value >= bound) ? "met" : "MISSED"
}

function scaled(x, by) {
	return x == "" ? "" : x * by
}

function most(a, b) {
	return a == "" ? b : b == "" ? a : a > b ? a : b
}

function ask_fanout(c, peer, local, single) {
	peer = champion(c, "peer", "tcp")
	local = champion(c, "peer", "unix")
	ask(c ": TCP, encrypted, over the best other", median(c, "own-tcp", "main"), peer)
	ask(c ": the same, goal", median(c, "own-tcp", "main"), scaled(peer, 1.3))
	ask(c ": local socket, over twice the best other's", median(c, "own-unix", "main"), scaled(local, 2))
	ask(c ": UDP, encrypted", median(c, "own-udp", "main"), 5)
	single = most(median(c, "each-udp", "main"), median(c, "mmsg-udp", "main"))
	if (single != "")
		ask(c ": UDP, over three bare datagrams", median(c, "own-udp", "main"), scaled(single, 3))
}

function ask_window(c, peer) {
	peer = champion(c, "peer", "tcp")
	ask(c ": TCP, over the best other", median(c, "own-tcp", "main"), peer)
	ask(c ": UDP, over the best other", median(c, "own-udp", "main"), peer)
	ask(c ": UDP, goal", median(c, "own-udp", "main"), 0.3)
}

function ask_paced(c, peer) {
	peer = champion(c, "peer", "tcp")
	ask(c ": TCP, p99, under the best other", median(c, "own-tcp", "main"), peer, 1)
	ask(c ": UDP, p99, under the best other", median(c, "own-udp", "main"), peer, 1)
	ask(c ": TCP, p99, goal: bare and a fifth", median(c, "own-tcp", "main"), scaled(champion(c, "bare", "tcp"), 1.2), 1)
	ask(c ": UDP, p99, goal: bare and a fifth", median(c, "own-udp", "main"), scaled(champion(c, "bare", "udp"), 1.2), 1)
	ask(c ": kept on the disk, TCP, p99", median(c, "disk-tcp", "main"), plus(median(c, "own-tcp", "main"), 5), 1)
	ask(c ": kept on the disk, UDP, p99", median(c, "disk-udp", "main"), plus(median(c, "own-udp", "main"), 5), 1)
}

function plus(x, y) {
	return x == "" ? "" : x + y
}

function ask_each(c, what, bound, i, who) {
	for (i = 1; i <= entrants[c]; i++) {
		who = entrant[c, i]
		if (kind[who] == "own")
			ask(c ": " title[who] what, median(c, who, "main"), bound, 1)
		if (kind[who] == "own" && scenario[c] == "churn")
			ask(c ": " title[who] ", joins and quits", median(c, who, "side"), 1000)
	}
}

function asked(c, s) {
	s = scenario[c]
	if (s == "fanout")
		ask_fanout(c)
	else if (s == "window")
		ask_window(c)
	else if (s == "paced")
		ask_paced(c)
	else if (s == "idle" && champion(c, "own", "tcp") != "")
		ask_each(c, ", KiB", 1)
	else if (s == "churn")
		ask_each(c, ", us for each told", 0.5)
}

function uring(c, over, plain, ring) {
	plain = most(median(c, "each-" over, "main"), median(c, "mmsg-" over, "main"))
	ring = median(c, "uring-" over, "main")
	if (plain != "" && ring != "")
		printf "%s: io_uring over %s: %s times the best without it\n", c, over, times(ring, plain)
}

END {
	if (markdown) {
		summary()
		exit
	}
	if (version != "")
		print "with " version
	for (i = 1; i <= case_count; i++)
		table(cases[i])
	print ""
	for (i = 1; i <= case_count; i++) {
		uring(cases[i], "tcp")
		uring(cases[i], "udp")
	}
	print "\nasked of it:"
	for (i = 1; i <= case_count; i++)
		if (members[cases[i]] >= 100)
			asked(cases[i])
}
