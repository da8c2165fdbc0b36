export function codesFor(place: string): readonly string[]
