/** Flaws that the suites did not catch at first, and what was added or mended because of them. */
export const history: readonly { flaw: string; before: string; added: string }[] = []

/** Scenarios that kill no flaw, and why that is right. */
export const barren: { readonly [scenario: string]: string } = {}
