/*
 * What a code point is to somebody who looks at a terminal: Unicode's properties, as ICU has them,
 * in the few classes that matter here.  Looks at one code point and never at its neighbours.
 */
#include "proto/text_class.h"

#include <string.h>
#include <unicode/uchar.h>

static enum text_class class_by_category(int32_t cp)
{
	switch (u_charType(cp)) {
	case U_UNASSIGNED:
	case U_CONTROL_CHAR:
	case U_SURROGATE:
	case U_LINE_SEPARATOR:
	case U_PARAGRAPH_SEPARATOR:
		return TEXT_HIDDEN;
	case U_FORMAT_CHAR: /* Arabic number signs and their like are drawn */
		return u_hasBinaryProperty(cp, UCHAR_PREPENDED_CONCATENATION_MARK) ? TEXT_VISIBLE
										   : TEXT_HIDDEN;
	case U_SPACE_SEPARATOR:
		return TEXT_SPACE;
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_COMBINING_SPACING_MARK:
		return TEXT_MARK;
	default:
		return TEXT_VISIBLE;
	}
}

enum text_class text_class(int32_t cp)
{
	if (cp > 0x20 && cp < 0x7F)
		return TEXT_VISIBLE;
	if (cp == 0x200C || cp == 0x200D)
		return TEXT_JOINER;
	if (u_hasBinaryProperty(cp, UCHAR_VARIATION_SELECTOR))
		return TEXT_SELECTOR;
	/* Hangul fillers and Khmer's inherent vowels are letters by category, and yet unseen. */
	if (u_hasBinaryProperty(cp, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
		return TEXT_HIDDEN;
	return class_by_category(cp);
}

bool text_blank(int32_t cp)
{
	return cp == 0x2800 || cp == 0x1D159; /* Braille without dots, a note without a head */
}

size_t text_plain_run(const char *s, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	size_t i = 0;

	for (uint64_t eight; n - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, s + i, sizeof(eight));
		/* past ASCII, before the space, or DEL */
		if ((eight | (eight - ones * ' ') | (eight + ones)) & high)
			break;
	}
	while (i < n && s[i] >= ' ' && s[i] <= '~')
		i++;
	return i;
}
