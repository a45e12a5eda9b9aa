"""What the connector can be told: there is no platform to connect to, so all of it is about rosters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from communitykit.connector import Settings
from communitykit_directory.wire import FIELDS


def _columns(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = [part.rpartition("=") for part in value.replace(";", ",").split(",") if part.strip()]
    if any(not heading or not field for heading, _, field in parts):
        raise ValueError("write COLUMN=FIELD, separated by commas")
    return {heading.strip(): field.strip() for heading, _, field in parts}


class DirectorySettings(Settings):
    """Nothing of its own: a roster is imported, and tells everything itself."""


class RosterOptions(BaseModel):
    """What a roster may not say by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = Field(default="roster", min_length=1, description="Which roster it is, where there are several.")
    columns: Annotated[dict[str, str], BeforeValidator(_columns)] = Field(
        default_factory=dict,
        description="Which field a column is, where its heading is not understood: `Chef=manager,OE=department`; "
        "`none` passes a column over.",
    )
    whole: bool = Field(
        default=False, description="The roster names everybody: who was in an earlier one and is not in it has left."
    )
    dates: Literal["auto", "dmy", "mdy"] = Field(
        default="auto", description="How dates like 03/04/2026 are meant, where no other date of the table tells."
    )

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        wrong = sorted(set(columns.values()) - {*FIELDS, "none"})
        if wrong:
            raise ValueError(f"there is no field {', '.join(wrong)}; fields: {', '.join(FIELDS)}, none")
        return columns
