import type { ColumnType } from 'kysely'

/** Parsed when it is read, text when it is written. */
export type Json<T> = ColumnType<T, string, string>
export type NullableJson<T> = ColumnType<T | null, string | null, string | null>
