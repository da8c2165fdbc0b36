import { suiteJsonSchema } from '../schema/json-schema.ts'
import { languageReference } from './reference.ts'

/** What is in the repository only because it was made from the schemas; a test holds the files to this. */
export function generatedFiles(): { path: string; text: string }[] {
  return [
    { path: 'schema/suite.json', text: `${JSON.stringify(suiteJsonSchema(), null, 1)}\n` },
    { path: 'docs/scenario-language.md', text: languageReference() },
  ]
}
