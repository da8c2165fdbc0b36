/** A file that cannot be read as a capture, or not further. The message says where and why. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError'
}
