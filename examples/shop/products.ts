export interface Product {
  readonly id: string
  readonly name: string
  /** Decimal string, as Lango takes it. */
  readonly amount: string
  readonly currency: string
}

export const PRODUCTS: readonly Product[] = [
  { id: 'maize', name: 'Maize meal, 10 kg', amount: '185.00', currency: 'ZMW' },
  { id: 'chitenge', name: 'Chitenge, 2 m', amount: '120.00', currency: 'ZMW' },
]
