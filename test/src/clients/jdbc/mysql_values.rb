# encoding: utf-8
# frozen_string_literal: true

# Values of all kinds: how they are bound, how a record tells them as a parameter (`param`), and how the drivers write
# them into a text, both (`text`) or each for itself.
module MysqlValues
  COLUMNS = 'i INT, l BIGINT, d DOUBLE, f FLOAT, n DECIMAL(20,6), s TEXT, b BLOB, day DATE, at TIME, stamp DATETIME, yes BOOL, c TEXT'
  LONG = 'a text that is sent ahead'

  def self.same(setter, value, text = value.to_s)
    { bound: [setter, value], param: text, text: text }
  end

  ALL = [
    same(:set_int, -5),
    same(:set_long, 1 << 40),
    same(:set_double, 2.25),
    same(:set_float, 0.5),
    same(:set_big_decimal, java.math.BigDecimal.new('12345.678900'), '12345.678900'),
    { bound: [:set_string, "it's \\ ü"], param: "it's \\ ü", mariadb: "'it\\'s \\\\ ü'", mysql: "'it''s \\\\ ü'" },
    { bound: [:set_bytes, [0, 1, 255].pack('C*').to_java_bytes], param: '0x0001ff', mariadb: "_binary '\\\u0000\u0001ÿ'", mysql: "x'0001ff'" },
    { bound: [:set_date, java.sql.Date.value_of('2026-11-24')], param: '2026-11-24', text: "'2026-11-24'" },
    { bound: [:set_time, java.sql.Time.value_of('13:14:15')], param: '13:14:15', mariadb: "'13:14:15.000'", mysql: "'13:14:15'" },
    { bound: [:set_timestamp, java.sql.Timestamp.value_of('2026-11-24 08:30:01')], param: '2026-11-24 08:30:01', text: "'2026-11-24 08:30:01'" },
    { bound: [:set_boolean, true], param: '1', text: '1' },
    { bound: [:set_character_stream, -> { java.io.StringReader.new(LONG) }], param: LONG, mariadb: "'#{LONG}'", mysql: "x'#{LONG.unpack1('H*')}'" },
  ].freeze
  NONE = ALL.map { { bound: [:set_null, java.sql.Types::NULL], param: 'NULL', text: 'null' } }.freeze
end
