"""How often each error of real life occurs in the demo company.

In: nothing. Out: `ErrorRates`, the one place where the generator's proportions are written down.
Invariant: every rate is a probability between 0 and 1, and its meaning is the comment line above it.
What does not belong here: how an error looks (`corruption`) and whom it befalls (`parties`, `records`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class ErrorRates:
    """Probabilities of everything that makes the demo company hard to match.

    Rates of the *life* of a party are drawn once per party; rates of a *record* once per record.

    Attributes:
        both_scripts_person: a person with a Chinese name who also appears in pinyin (李伟 / Li Wei).
        both_scripts_organization: a Chinese organization that also appears under an English name.
        latin_spelling: a record of such a party that uses the Latin spelling.
        second_script_given: a record with the other script in its own column (name_local, account_name_en).
        married: a Latin woman who changed her family name.
        moved_person: a person with an earlier address.
        moved_organization: an organization with an earlier address.
        renamed: an organization with a former name.
        changed_phone: a party with an earlier phone number.
        changed_email: a party with an earlier e-mail address.
        old_value: a record of such a party that still shows the earlier value.
        former_name_given: a CRM account that names the former name in its own column.
        household: every second person who lives with the person before (same address and land line).
        father_and_son: a household member who bears the very name of the other (Sr/Jr), Latin names only.
        twins: a household member with the same birth date and family name.
        recycled_phone: a person whose mobile number belonged to a stranger before.
        branch: every second organization that is a branch of the one before.
        group_member: every second organization that belongs to the group of the one before.
        group_tax_number: such a branch or group member that trades under the group's tax number.
        sole_trader: an organization that is the shop of one person, listed among the persons as well.
        joint_account: a person record replaced by a joint account of two persons (its own party).
        special: records of walk-in, test and internal customers, as a share of all parties.
        typo_name: one wrong, missing or swapped character in a name (homophones in Chinese).
        typo_address: the same in a street.
        typo_email: the same in an e-mail address.
        swapped_name: first and last name in each other's place.
        comma_name: a Latin name written "Last, First".
        initial_name: a Latin first name cut to its initial.
        nickname: a record with the nickname in place of the first name, if one exists.
        upper_name: a Latin name in capitals.
        traditional: a Chinese record in traditional characters.
        full_width: letters and digits typed in full width.
        legal_form_varied: a legal form abbreviated or written otherwise.
        legal_form_missing: no legal form.
        short_name: a company's short name in place of its full one.
        missing_phone: no phone.
        missing_email: no e-mail.
        missing_address: no street.
        missing_birth_date: no birth date.
        missing_tax_id: no tax id.
        missing_kind: a CRM account without its kind.
        household_phone: a person's record with the land line of the household as only number.
        switchboard_phone: a contact with the switchboard of the employer as its only number.
        company_email: a contact with the common address of the employer.
        several_phones: two numbers in one cell.
        phone_in_address: the phone typed into the address cell.
        masked_phone: a number such as 139****1234.
        masked_id: an id number such as 110105********1234.
        placeholder_phone: 13800000000 and the like.
        placeholder_email: test@test.com and the like.
        placeholder_text: N/A, 无, - and the like in an address.
        placeholder_birth_date: 1900-01-01.
        wrong_birth_date: day and month swapped, or a wrong digit.
        wrong_phone: one wrong digit.
        wrong_tax_id: one wrong character, so that the check digit fails.
        id_number_given: a Chinese person's record with the id number, where the system has a place.
        short_address: an address without the flat or floor.
        full_address: a Chinese address that repeats province and city.
    """

    both_scripts_person: float = 0.14
    both_scripts_organization: float = 0.14
    latin_spelling: float = 0.4
    second_script_given: float = 0.5
    married: float = 0.1
    moved_person: float = 0.12
    moved_organization: float = 0.1
    renamed: float = 0.05
    changed_phone: float = 0.1
    changed_email: float = 0.12
    old_value: float = 0.32
    former_name_given: float = 0.5
    household: float = 0.3
    father_and_son: float = 0.1
    twins: float = 0.04
    recycled_phone: float = 0.02
    branch: float = 0.07
    group_member: float = 0.05
    group_tax_number: float = 0.35
    sole_trader: float = 0.12
    joint_account: float = 0.004
    special: float = 0.002
    typo_name: float = 0.04
    typo_address: float = 0.04
    typo_email: float = 0.02
    swapped_name: float = 0.02
    comma_name: float = 0.04
    initial_name: float = 0.03
    nickname: float = 0.2
    upper_name: float = 0.05
    traditional: float = 0.05
    full_width: float = 0.02
    legal_form_varied: float = 0.25
    legal_form_missing: float = 0.1
    short_name: float = 0.06
    missing_phone: float = 0.08
    missing_email: float = 0.24
    missing_address: float = 0.08
    missing_birth_date: float = 0.26
    missing_tax_id: float = 0.26
    missing_kind: float = 0.04
    household_phone: float = 0.05
    switchboard_phone: float = 0.1
    company_email: float = 0.1
    several_phones: float = 0.03
    phone_in_address: float = 0.01
    masked_phone: float = 0.02
    masked_id: float = 0.15
    placeholder_phone: float = 0.012
    placeholder_email: float = 0.012
    placeholder_text: float = 0.01
    placeholder_birth_date: float = 0.01
    wrong_birth_date: float = 0.02
    wrong_phone: float = 0.02
    wrong_tax_id: float = 0.02
    id_number_given: float = 0.25
    short_address: float = 0.09
    full_address: float = 0.15

    def __post_init__(self) -> None:
        """Refuse a rate that is no probability."""
        for field in fields(self):
            rate = getattr(self, field.name)
            if not 0 <= rate <= 1:
                raise ValueError(f"ErrorRates.{field.name}: {rate} is no probability; expected 0 to 1")
