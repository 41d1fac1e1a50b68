/** The opset of the normal form. */
export const normalOpset = 21

/** The newest operator set that ONNX Runtime 1.30 runs. */
export const newestOpset = 26

/** More axes than any model has; bounds the work that a shape can ask for. */
export const maxRank = 32

/** The longest list of sizes, axes, pads and the like. */
export const maxElements = 4096
