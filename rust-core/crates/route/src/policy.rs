//! The gateways, the rules and the settings of a deployment, as data with a version.

use std::collections::BTreeMap;

use payments::money;
use payments::reducer::Minor;
use serde::{Deserialize, Serialize};

/// More would be slow to weigh, and nobody could say what they do together.
pub const GATEWAYS_MAX: usize = 32;
pub const RULES_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Written into every decision.
    pub version: String,
    pub gateways: Vec<Gateway>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub settings: Settings,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    pub name: String,
    pub providers: Vec<Provider>,
    /// What it can do beside a deposit: `redirect`, `otp`, `cancel`, `refund`…
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The merchants who have credentials or a contract of their own here; absent: open to all.
    #[serde(default)]
    pub merchants: Option<Vec<String>>,
    /// Somebody makes status calls to it when a probe is due: payments probe it only once one was answered.
    #[serde(default)]
    pub status_calls: bool,
}

/// A rail as one gateway serves it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    pub code: String,
    pub country: String,
    pub currencies: Vec<Currency>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Currency {
    pub code: String,
    /// How many decimals this gateway takes, whatever the currency itself allows.
    pub decimals: u8,
    #[serde(default)]
    pub min_minor: Option<Minor>,
    #[serde(default)]
    pub max_minor: Option<Minor>,
    /// Whole fives of francs, say.
    #[serde(default)]
    pub multiple_of_minor: Option<Minor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    #[serde(default)]
    pub when: When,
    pub effect: Effect,
}

/// What is absent holds for all. Amounts are in the minor units of the payment: name the currency beside them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct When {
    pub merchants: Option<Vec<String>>,
    pub countries: Option<Vec<String>>,
    pub providers: Option<Vec<String>>,
    pub currencies: Option<Vec<String>>,
    pub from_minor: Option<Minor>,
    pub to_minor: Option<Minor>,
}

/// Who bears the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidBy {
    Merchant,
    /// Added to what the customer pays: shown in the record, no part of the score.
    Customer,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// Never these. All that match hold.
    Exclude { gateways: Vec<String> },
    /// In this order, as long as each is about as good as the best; who is not named comes after them, by score.
    Priority { gateways: Vec<String> },
    /// So many percent of the payments to each, always the same one for the same payment.
    Split { shares: Vec<Share> },
    /// What a payment costs there. Of several that match, the first for a gateway holds.
    Cost {
        gateway: String,
        fee_bp: u32,
        #[serde(default)]
        fixed_minor: Option<Minor>,
        paid_by: PaidBy,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    pub gateway: String,
    pub percent: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// At most so much of the traffic looks at a gateway that is not the best.
    pub explore_bp: u32,
    /// Amounts up to this may explore, and probe first, by currency. A currency that is not here does not explore.
    pub low_value_minor: BTreeMap<String, Minor>,
    /// How much worse than the best a gateway may be for a rule to prefer it still, and for exploration to look at it.
    pub tolerance_bp: u32,
    /// What is supposed of a gateway that nobody has seen at work.
    pub prior_success_bp: u32,
    pub prior_prompt_ms: u32,
    /// What each second to the PIN prompt costs beyond the third.
    pub latency_bp_per_second: u32,
    /// Whether a gateway is used although its breaker is open, when no other could take the payment.
    pub last_resort: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            explore_bp: 100,
            low_value_minor: BTreeMap::new(),
            tolerance_bp: 500,
            prior_success_bp: 9_000,
            prior_prompt_ms: 4_000,
            latency_bp_per_second: 100,
            last_resort: true,
        }
    }
}

/// Half of the traffic at most may be spent on looking.
const EXPLORE_BP_MAX: u32 = 5_000;
const WHOLE_BP: u32 = 10_000;

impl Policy {
    /// Everything that is wrong with it, each with its place; none when it may be used.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.gateways.is_empty() || self.gateways.len() > GATEWAYS_MAX {
            problems.push(format!("gateways: 1 to {GATEWAYS_MAX} of them"));
        }
        if self.rules.len() > RULES_MAX {
            problems.push(format!("rules: at most {RULES_MAX}"));
        }
        for (i, gateway) in self.gateways.iter().enumerate() {
            if self.gateways.iter().take(i).any(|other| other.name == gateway.name) {
                problems.push(format!("gateways.{i}.name: `{}` is there twice", gateway.name));
            }
            for currency in gateway.providers.iter().flat_map(|provider| &provider.currencies) {
                match money::exponent(&currency.code) {
                    None => {
                        problems.push(format!("gateways.{i}: `{}` is no currency that Lango serves", currency.code))
                    }
                    Some(exponent) if currency.decimals > exponent => {
                        problems.push(format!("gateways.{i}: `{}` has at most {exponent} decimals", currency.code));
                    }
                    Some(_) => {}
                }
            }
        }
        for (i, rule) in self.rules.iter().enumerate() {
            if self.rules.iter().take(i).any(|other| other.id == rule.id) {
                problems.push(format!("rules.{i}.id: `{}` is there twice", rule.id));
            }
            for gateway in rule.effect.gateways() {
                if !self.gateways.iter().any(|known| known.name == gateway) {
                    problems.push(format!("rules.{i}.effect: there is no gateway `{gateway}`"));
                }
            }
            let bounds = rule.when.from_minor.is_some() || rule.when.to_minor.is_some();
            if bounds && rule.when.currencies.as_ref().is_none_or(|codes| codes.len() != 1) {
                problems.push(format!("rules.{i}.when: an amount needs its one currency beside it"));
            }
            if let Effect::Split { shares } = &rule.effect
                && shares.iter().map(|share| u64::from(share.percent)).sum::<u64>() != 100
            {
                problems.push(format!("rules.{i}.effect.shares: percents add up to 100"));
            }
        }
        for (name, value, most) in [
            ("exploreBp", self.settings.explore_bp, EXPLORE_BP_MAX),
            ("toleranceBp", self.settings.tolerance_bp, WHOLE_BP),
            ("priorSuccessBp", self.settings.prior_success_bp, WHOLE_BP),
            ("priorPromptMs", self.settings.prior_prompt_ms, 600_000),
            ("latencyBpPerSecond", self.settings.latency_bp_per_second, WHOLE_BP),
        ] {
            if value > most {
                problems.push(format!("settings.{name}: at most {most}"));
            }
        }
        problems
    }

    /// Whether a rule keeps a gateway from the whole of a rail, whoever pays there and how much.
    #[must_use]
    pub fn excludes(&self, gateway: &str, rail: &str) -> bool {
        let served = self.gateways.iter().find(|known| known.name == gateway).map(|known| &known.providers);
        let Some(provider) = served.and_then(|all| all.iter().find(|provider| provider.code == rail)) else {
            return false;
        };
        let all = |list: &Option<Vec<String>>, values: &[&str]| {
            list.as_ref().is_none_or(|listed| values.iter().all(|value| listed.iter().any(|one| one == value)))
        };
        let currencies: Vec<&str> = provider.currencies.iter().map(|currency| currency.code.as_str()).collect();
        self.rules.iter().any(|Rule { when, effect, .. }| {
            matches!(effect, Effect::Exclude { gateways } if gateways.iter().any(|name| name == gateway))
                && all(&when.providers, &[rail])
                && all(&when.countries, &[&provider.country])
                && all(&when.currencies, &currencies)
                && (&when.merchants, when.from_minor, when.to_minor) == (&None, None, None)
        })
    }

    /// The gateways that reach a rail.
    pub fn reaching<'a>(&'a self, rail: &'a str) -> impl Iterator<Item = &'a str> {
        self.gateways
            .iter()
            .filter(move |gateway| gateway.providers.iter().any(|provider| provider.code == rail))
            .map(|gateway| gateway.name.as_str())
    }
}

impl Effect {
    fn gateways(&self) -> Vec<&str> {
        match self {
            Self::Exclude { gateways } | Self::Priority { gateways } => gateways.iter().map(String::as_str).collect(),
            Self::Split { shares } => shares.iter().map(|share| share.gateway.as_str()).collect(),
            Self::Cost { gateway, .. } => vec![gateway],
        }
    }
}
