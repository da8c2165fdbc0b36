import type { StaticDecode } from 'typebox'
import type { appCommand, appEvent } from './report/app.ts'

/** What the application on top of a client under test said, through its adapter. */
export type AppEvent = StaticDecode<typeof appEvent>

/** What the harness asked the application to do. */
export type AppCommand = StaticDecode<typeof appCommand>
