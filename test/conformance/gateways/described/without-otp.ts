/** The cases about a code after the charge, for gateways that ask for none. */
export const withoutOtp = (reason: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [
      'a code after the charge',
      'a wrong code leaves the charge as it is',
      'the answer to a code is lost',
      'a code after its time',
      'what is no code does not leave',
    ].map((name) => [name, reason]),
  )
