/** Whether they have the same fields with the very same values: equal ones that were read apart are not. */
export const hasSameFields = <Fields extends object>(one: Fields, other: Fields): boolean => {
  const names = Object.keys(one) as (keyof Fields)[]
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
