import { createHash } from 'node:crypto'
import type { Io } from './io.ts'

/**
 * The seed of a part of a run that names none: all parts must have the same, and cannot ask each other. It is the number of the pipeline
 * where there is one, so that chance is another each time, and else the same always.
 */
export function sharedSeed(env: Io['env']): number {
  const pipeline = pipelines
    .map(name => env[name])
    .find(value => value !== undefined && value !== '')
  return createHash('sha256')
    .update(pipeline ?? '')
    .digest()
    .readUInt32BE()
}

/** GitHub and Gitea, GitLab, Jenkins, Azure, CircleCI, Buildkite. A new try of one job keeps the number. */
const pipelines = [
  'GITHUB_RUN_ID',
  'CI_PIPELINE_ID',
  'BUILD_TAG',
  'BUILD_BUILDID',
  'CIRCLE_WORKFLOW_ID',
  'BUILDKITE_BUILD_ID',
]
