// @ts-check
// The version of the package, for everybody who names something after it.

export const version = "0.1.0";
