/** Runs one part of a rehearsal and prints its name with the seconds that it took. */
export async function step<T>(name: string, part: () => Promise<T>): Promise<T> {
  const began = performance.now()
  try {
    const result = await part()
    console.log(`ok   ${seconds(began)}  ${name}`)
    return result
  } catch (error) {
    console.log(`FAIL ${seconds(began)}  ${name}`)
    throw error
  }
}

const seconds = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
