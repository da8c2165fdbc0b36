/** Four bytes that are no UTF-8. */
export const notUtf8 = {
  'lone-continuation-byte': '61806263',
  'overlong-slash': '6162c0af',
  'overlong-nul': 'c0806162',
  surrogate: 'eda08061',
  'beyond-u-10ffff': 'f4908080',
  'sequence-cut-short': '6162e282',
}

/** Four bytes with U+0000. */
export const withNul = {
  'at-the-beginning': '00616263',
  within: '61006263',
  'at-the-end': '61626300',
}
