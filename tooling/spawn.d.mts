export interface Started {
  readonly command: string
  readonly args: string[]
  readonly shell: boolean
}
export function startOf(command: string, args: readonly string[], platform?: string): Started
