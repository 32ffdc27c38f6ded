/** The networks that a customer may choose from, by the currency of the checkout. pawaPay's codes, the public's names. */
export interface ProviderChoice {
  readonly provider: string
  readonly name: string
  /** ISO 3166 alpha-2. */
  readonly country: string
}

const choice = (provider: string, name: string, country: string): ProviderChoice => ({ provider, name, country })

const PROVIDERS: Readonly<Record<string, readonly ProviderChoice[]>> = {
  CDF: [
    choice('AIRTEL_COD', 'Airtel Money', 'CD'),
    choice('ORANGE_COD', 'Orange Money', 'CD'),
    choice('VODACOM_MPESA_COD', 'Vodacom M-Pesa', 'CD'),
  ],
  GHS: [
    choice('AIRTELTIGO_GHA', 'AT Money', 'GH'),
    choice('MTN_MOMO_GHA', 'MTN MoMo', 'GH'),
    choice('VODAFONE_GHA', 'Telecel Cash', 'GH'),
  ],
  KES: [choice('MPESA_KEN', 'M-Pesa', 'KE')],
  MWK: [choice('AIRTEL_MWI', 'Airtel Money', 'MW'), choice('TNM_MWI', 'TNM Mpamba', 'MW')],
  RWF: [choice('AIRTEL_RWA', 'Airtel Money', 'RW'), choice('MTN_MOMO_RWA', 'MTN MoMo', 'RW')],
  SLE: [choice('ORANGE_SLE', 'Orange Money', 'SL')],
  TZS: [
    choice('AIRTEL_TZA', 'Airtel Money', 'TZ'),
    choice('HALOTEL_TZA', 'HaloPesa', 'TZ'),
    choice('TIGO_TZA', 'Mixx by Yas', 'TZ'),
  ],
  UGX: [choice('AIRTEL_OAPI_UGA', 'Airtel Money', 'UG'), choice('MTN_MOMO_UGA', 'MTN MoMo', 'UG')],
  XAF: [
    choice('MTN_MOMO_CMR', 'MTN MoMo', 'CM'),
    choice('ORANGE_CMR', 'Orange Money', 'CM'),
    choice('AIRTEL_COG', 'Airtel Money', 'CG'),
  ],
  XOF: [
    choice('MOOV_BEN', 'Moov Money', 'BJ'),
    choice('MTN_MOMO_BEN', 'MTN MoMo', 'BJ'),
    choice('MOOV_BFA', 'Moov Money', 'BF'),
    choice('MTN_MOMO_CIV', 'MTN MoMo', 'CI'),
    choice('ORANGE_CIV', 'Orange Money', 'CI'),
    choice('FREE_SEN', 'Free Money', 'SN'),
    choice('ORANGE_SEN', 'Orange Money', 'SN'),
  ],
  ZMW: [
    choice('AIRTEL_OAPI_ZMB', 'Airtel Money', 'ZM'),
    choice('MTN_MOMO_ZMB', 'MTN MoMo', 'ZM'),
    choice('ZAMTEL_ZMB', 'Zamtel Kwacha', 'ZM'),
  ],
}

export const providersFor = (currency: string): readonly ProviderChoice[] => PROVIDERS[currency] ?? []
