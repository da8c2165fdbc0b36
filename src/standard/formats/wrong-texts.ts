/** Four bytes that are no UTF-8: a lone continuation byte, overlong forms, a surrogate, beyond U+10FFFF, and a sequence cut short. */
export const notUtf8 = ['61806263', '6162c0af', 'c0806162', 'eda08061', 'f4908080', '6162e282']

/** Four bytes with U+0000 at the beginning, within, and at the end. */
export const withNul = ['00616263', '61006263', '61626300']
