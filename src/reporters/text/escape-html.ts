import { visible } from './visible.ts'

/** Text safe anywhere in HTML: between tags and in quoted attributes. On one line; escapes stand for controls. */
export function escapeHtml(text: string, maxChars = 2000): string {
  return visible(text, maxChars).replace(/[&<>"'`]/g, char => `&#${char.charCodeAt(0)};`)
}
