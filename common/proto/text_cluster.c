/*
 * Grapheme clusters and their width in a terminal.
 *
 * Clusters are UAX #29's extended ones (Unicode 15.0), decided pair by pair from properties; what
 * must be remembered between pairs is one flag each for emoji joined by ZWJ and for the first of
 * two regional indicators.  A cluster is as wide as its parts together, but 2 at most: so a flag, a
 * family and a syllable with its spacing vowel sign are 2, as in terminals that know clusters.
 */
#include "proto/text.h"

#include "proto/utf8.h"

#include <unicode/uchar.h>

enum { TEXT_STYLE = 0xFE0E, EMOJI_STYLE = 0xFE0F };

/* ---- where a cluster ends ----------------------------------------------------------------- */

struct edge {
	int kind;	  /* UGraphemeClusterBreak of the last code point */
	bool pictograph;  /* it ends in: a pictograph, extenders */
	bool joined;	  /* it ends in: a pictograph, extenders, ZWJ (GB11) */
	bool half_a_flag; /* it ends in an odd number of regional indicators (GB12) */
};

static int kind_of(int32_t cp)
{
	return u_getIntPropertyValue(cp, UCHAR_GRAPHEME_CLUSTER_BREAK);
}

static bool is_control(int kind)
{
	return kind == U_GCB_CONTROL || kind == U_GCB_CR || kind == U_GCB_LF;
}

static void edge_add(struct edge *e, int32_t cp, int kind)
{
	bool pictograph = u_hasBinaryProperty(cp, UCHAR_EXTENDED_PICTOGRAPHIC);
	e->joined = kind == U_GCB_ZWJ && e->pictograph;
	e->pictograph = pictograph || (kind == U_GCB_EXTEND && e->pictograph);
	e->half_a_flag = kind == U_GCB_REGIONAL_INDICATOR && !e->half_a_flag;
	e->kind = kind;
}

/* GB6, GB7, GB8 */
static bool same_syllable(int a, int b)
{
	switch (a) {
	case U_GCB_L:
		return b == U_GCB_L || b == U_GCB_V || b == U_GCB_LV || b == U_GCB_LVT;
	case U_GCB_LV:
	case U_GCB_V:
		return b == U_GCB_V || b == U_GCB_T;
	case U_GCB_LVT:
	case U_GCB_T:
		return b == U_GCB_T;
	default:
		return false;
	}
}

static bool goes_on(const struct edge *e, int32_t cp, int kind)
{
	if (e->kind == U_GCB_CR && kind == U_GCB_LF) /* GB3 */
		return true;
	if (is_control(e->kind) || is_control(kind)) /* GB4, GB5 */
		return false;
	if (kind == U_GCB_EXTEND || kind == U_GCB_ZWJ || kind == U_GCB_SPACING_MARK) /* GB9, GB9a */
		return true;
	if (e->kind == U_GCB_PREPEND || same_syllable(e->kind, kind)) /* GB9b */
		return true;
	if (e->joined && u_hasBinaryProperty(cp, UCHAR_EXTENDED_PICTOGRAPHIC)) /* GB11 */
		return true;
	return e->half_a_flag && kind == U_GCB_REGIONAL_INDICATOR; /* GB12, GB13 */
}

/* ---- how wide it is ----------------------------------------------------------------------- */

static bool is_wide(int32_t cp)
{
	int ea = u_getIntPropertyValue(cp, UCHAR_EAST_ASIAN_WIDTH);
	return ea == U_EA_WIDE || ea == U_EA_FULLWIDTH;
}

/* What a code point adds; conjoining vowels and finals stand in the cells of their initial. */
static int cells_of(int32_t cp, int kind)
{
	switch (kind) {
	case U_GCB_CONTROL:
	case U_GCB_CR:
	case U_GCB_LF:
	case U_GCB_V:
	case U_GCB_T:
	case U_GCB_ZWJ:
		return 0;
	case U_GCB_EXTEND: /* skin tones extend, and are wide where they stand alone */
		return u_hasBinaryProperty(cp, UCHAR_EMOJI_MODIFIER) ? 2 : 0;
	default:
		return is_wide(cp) ? 2 : 1;
	}
}

static int style_width(int32_t base, int32_t cp, int width)
{
	if (!u_hasBinaryProperty(base, UCHAR_EMOJI))
		return width;
	return cp == EMOJI_STYLE ? 2 : cp == TEXT_STYLE ? 1 : width;
}

static int capped(int width, const struct edge *e)
{
	if (width == 0 && !is_control(e->kind)) /* marks without a base still take a place */
		return 1;
	return width > 2 ? 2 : width;
}

static bool is_ascii(char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* Nearly all that is ever measured is ASCII between ASCII: no property has to be asked for. */
static bool is_simple(const char *s, size_t n)
{
	return is_ascii(s[0]) && (n == 1 || is_ascii(s[1]));
}

static struct text_cluster first_cluster(const char *s, size_t n)
{
	struct edge edge = {0};
	int width = 0;
	int32_t prev = 0;
	size_t len = 0;
	while (len < n) {
		int32_t cp = 0;
		size_t step = utf8_next(s + len, n - len, &cp);
		if (cp == UTF8_BAD)
			cp = UTF8_REPLACEMENT;
		int kind = kind_of(cp);
		if (len > 0 && !goes_on(&edge, cp, kind))
			break;
		width = style_width(prev, cp, width + cells_of(cp, kind));
		edge_add(&edge, cp, kind);
		prev = cp;
		len += step;
	}
	return (struct text_cluster){s, len, capped(width, &edge)};
}

bool text_next_cluster(const char **s, size_t *n, struct text_cluster *c)
{
	if (*n == 0)
		return false;
	if (is_simple(*s, *n))
		*c = (struct text_cluster){*s, 1, 1};
	else
		*c = first_cluster(*s, *n);
	*s += c->len;
	*n -= c->len;
	return true;
}

size_t text_width(const char *s, size_t n)
{
	size_t width = 0;
	struct text_cluster c;
	while (text_next_cluster(&s, &n, &c))
		width += (size_t)c.width;
	return width;
}

size_t text_graphemes(const char *s, size_t n)
{
	size_t count = 0;
	struct text_cluster c;
	while (text_next_cluster(&s, &n, &c))
		count++;
	return count;
}
