/**
 * 1.5 * 2^52: added to a float64 of less than 2^51, it rounds it to a whole number, which then stands in the low bits.
 */
export const shift64 = 1.5 * 2 ** 52
