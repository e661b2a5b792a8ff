import { expect, test } from '@jest/globals';
import { Redactor, type SqlDialect } from '@nanogelf/probe';

let hidden = 0;
const make = (more: readonly string[] = [], except: readonly string[] = []): Redactor =>
  new Redactor(more, except, () => hidden++);
const redactor = make();

/** Nothing else in these texts has this letter. */
const SECRET = 'QQQQQQ';

const JSON_BODIES: readonly string[] = [
  '{"user":"bob","password":"QQQQQQ","age":7}',
  '{"a":1,\n "access_token" :\n  "QQQQQQ", "b": 2}',
  '{"apiKey":["QQQQQQ",{"x":"QQ]}QQ"}],"b":1}',
  '{"credentials":{"user":"QQQ","k":{"v":"\\"QQ}"}},"b":1}',
  '{"pin":"QQ\\"QQ\\\\","b":"c"}',
  '{"q":"mutation { login(user: \\"bob\\", password: \\"QQ\\\\\\"QQ\\") { id } }"}',
  '{"url":"https://h/cb?code=1&client_secret=QQQQQQ&x=1","b":1}',
  "{'password': 'QQQQQQ', 'b': 1}",
  '{"env":[{"name":"DB_PASSWORD","value":"QQQQQQ"},{"name":"USER","value":"bob"}]}',
  '{"env":[{\n  "name": "apiKey",\n  "value": "QQ,\\"QQ"\n}]}',
  '{"q":"{\\"key\\":\\"token\\",\\"value\\":\\"QQQQQQ\\"}","b":1}',
];

const TEXTS: readonly string[] = [
  'password: QQQ QQQ\nuser: bob\n',
  'user=bob password=QQQQQQ host=db',
  'db = postgres://bob:QQQQQQ@db.example:5432/shop?ssl=1\n',
  '<soap:Body><ns:Password Type="text">QQQQQQ</ns:Password><ns:User>bob</ns:User></soap:Body>',
  '<token><![CDATA[QQ<QQ]]></token><b>c</b>',
  '<add name="x" password="QQQQQQ"/>',
  '<add key="DbPassword" value="QQ QQ"/><add key="user" value="bob"/>',
  'env:\n- name: API_TOKEN\n  value: QQQ QQQ\n- name: USER\n  value: bob\n',
  "$config = ['password' => 'QQQQQQ', 'user' => 'bob'];",
  'curl -H "Authorization: Bearer QQQQQQ" http://h/',
];

const FORMS: readonly string[] = [
  'user=bob&password=QQQQQQ&age=7',
  'user=bob&password=QQ QQ;QQ"QQ<QQ&age=7',
  'login%5Bpass%5D=QQQQQQ&age=7',
  'p%61ssword=QQQQQQ&age=7',
  'payload=%7B%22password%22%3A%22QQQQQQ%22%7D&age=7',
  'next=https%3A%2F%2Fh%2F%3Ftoken%3DQQQQQQ&age=7',
];

const STATEMENTS: readonly string[] = [
  "SELECT * FROM u WHERE name = 'bob' AND password = 'QQQQQQ' AND age = 7",
  "SELECT * FROM u WHERE pwd IN ('QQ', 'QQQ') OR name = 'bob'",
  "SELECT * FROM u WHERE password LIKE concat('QQ', '%', 'QQ')",
  "CREATE USER 'bob'@'%' IDENTIFIED BY 'QQQQQQ' ACCOUNT LOCK",
  "CREATE USER bob IDENTIFIED WITH caching_sha2_password BY 'QQQ', al IDENTIFIED BY 'QQQ'",
  "GRANT ALL ON *.* TO bob IDENTIFIED BY PASSWORD '*QQQQQQ'",
  "SET PASSWORD FOR 'bob'@'localhost' = PASSWORD('QQQQQQ')",
  "SET PASSWORD = 'QQQQQQ'",
  "ALTER ROLE bob WITH LOGIN ENCRYPTED PASSWORD 'QQQQQQ' VALID UNTIL '2030-01-01'",
  "ALTER LOGIN bob WITH PASSWORD = N'QQQ' OLD_PASSWORD = N'QQQ'",
  "INSERT INTO u (name, `password`, age) VALUES ('bob', SHA2('QQQQQQ', 256), 5), ('al', 'QQQ', 6)",
  'INSERT INTO "u" ("name", "password") VALUES (\'bob\', \'QQQQQQ\') RETURNING "id"',
  "REPLACE INTO u (password, name) VALUES ('QQQQQQ', 'bob')",
  "INSERT INTO u (name, password) SELECT name, 'QQQQQQ' FROM old WHERE name = 'bob'",
  "MERGE INTO u USING s ON (u.id = s.id) WHEN NOT MATCHED THEN INSERT (name, pin) VALUES ('bob', 'QQ')",
  "UPDATE u SET name = 'bob', password = CASE WHEN age = 7 THEN 'QQ' ELSE 'QQQ' END WHERE id = 5",
  "UPDATE u SET [password] = 'QQQQQQ', age = 7",
  "SELECT id FROM u WHERE 'QQQQQQ' = u.password AND name = 'bob'",
  "SELECT 'QQQQQQ' AS password, 'bob' AS name",
  'INSERT INTO cfg (v) VALUES (\'{"password":"QQQQQQ","a":1}\')',
  "SELECT dblink_connect('host=h user=bob password=QQQQQQ')",
  "-- password=QQQQQQ\nSELECT 'bob'",
];

function expectHiddenHowever(text: string, redact: (cut: string) => string): void {
  for (let end = 0; end <= text.length; end++) expect(redact(text.slice(0, end))).not.toContain('Q');
  expect(redact(text)).toContain('[redacted]');
}

test.each(JSON_BODIES)('a secret in JSON is hidden wherever the text is cut: %s', body => {
  expectHiddenHowever(body, cut => redactor.body(cut, 'application/json'));
});

test.each(TEXTS)('a secret in text of other kinds is hidden wherever it is cut: %s', text => {
  expectHiddenHowever(text, cut => redactor.body(cut, 'text/plain'));
});

test.each(FORMS)('a secret in a form, or in a query, is hidden wherever it is cut: %s', form => {
  expectHiddenHowever(form, cut => redactor.body(cut, 'application/x-www-form-urlencoded'));
  expectHiddenHowever(`/path?${form}`, cut => redactor.url(cut));
  expectHiddenHowever(`https://h/#${form}`, cut => redactor.url(cut));
});

test.each(STATEMENTS)('a secret in SQL is hidden wherever it is cut: %s', sql => {
  for (const dialect of ['mysql', 'standard'] as const) {
    const isLast = sql.startsWith("SELECT 'QQ") || sql.includes("'QQQQQQ' = ");
    // What a value is called may come behind it: then it is known only when the name is there.
    if (isLast) expect(redactor.sql(sql, dialect)).not.toContain('Q');
    else expectHiddenHowever(sql, cut => redactor.sql(cut, dialect));
  }
});

test('what each dialect alone knows of strings is followed', () => {
  const cases: readonly (readonly [SqlDialect, string])[] = [
    ['mysql', "UPDATE u SET a = 'it\\'s', password = 'QQ\\'QQ' WHERE b = 'c'"],
    ['mysql', 'UPDATE u SET password = "QQQ" # password = \'QQ\'\nWHERE b = "c"'],
    ['standard', "UPDATE u SET path = 'C:\\', password = 'QQQ''QQ' WHERE b = 'c'"],
    ['standard', "UPDATE u SET a = E'it\\'s', password = E'QQ\\'QQ' WHERE b = 'c'"],
    ['standard', 'ALTER ROLE bob PASSWORD $x$QQ$QQ$x$'],
    ['standard', "DO $$ BEGIN ALTER ROLE bob PASSWORD 'QQQ'; END $$"],
    ['standard', "SELECT * FROM #temp WHERE password = 'QQQ' AND b = 'c'"],
  ];
  for (const [dialect, sql] of cases) expectHiddenHowever(sql, cut => redactor.sql(cut, dialect));
});

test('what is no secret stays as it was', () => {
  const plain = [
    "SELECT password, name FROM u WHERE name = 'bob' AND age IN (5, 6) ORDER BY password LIMIT 10",
    'CREATE TABLE u (id int, password varchar(64) NOT NULL, age int DEFAULT 5)',
    "SELECT count(password) FROM u WHERE name LIKE 'b%' GROUP BY name HAVING count(*) > 5",
    "INSERT INTO u (name, age) VALUES ('bob', 5)",
    'SELECT "u"."password" AS "u_password", "u"."name" AS "u_name" FROM "u" WHERE "u"."id" = 5',
    "SELECT x::text, a[1] FROM u WHERE tags && ARRAY['a', 'b']",
  ];
  for (const sql of plain) expect(redactor.sql(sql, 'standard')).toBe(sql);
  const body = '{"user":"bob","max_tokens":5,"secret":null,"list":[1,"a:b=c"],"url":"http://h:8080/?a=b"}';
  expect(redactor.body(body, 'application/json')).toBe(body);
  expect(redactor.url('/login;v=2/x?user=bob&next=%2Fa%3Fb%3Dc#top')).toBe(
    '/login;v=2/x?user=bob&next=%2Fa%3Fb%3Dc#top',
  );
  expect(redactor.headers('Host: h:80\r\nAccept: a/b;q=0.5')).toBe('Host: h:80\r\nAccept: a/b;q=0.5');
});

test('only the secret is taken away', () => {
  expect(redactor.sql(STATEMENTS[10] ?? '', 'mysql')).toBe(
    "INSERT INTO u (name, `password`, age) VALUES ('bob', SHA2('[redacted]', [redacted]), 5), ('al', '[redacted]', 6)",
  );
  expect(redactor.sql(STATEMENTS[3] ?? '', 'mysql')).toBe(
    "CREATE USER 'bob'@'%' IDENTIFIED BY '[redacted]' ACCOUNT LOCK",
  );
  expect(redactor.sql(STATEMENTS[6] ?? '', 'mysql')).toBe(
    "SET PASSWORD FOR 'bob'@'localhost' = PASSWORD('[redacted]')",
  );
  const json = '{"user":"bob","pin":1234,"token":["x"],"q":"f(password: \\"x\\", a: 1)"}';
  expect(JSON.parse(redactor.body(json, ''))).toEqual({
    user: 'bob',
    pin: '[redacted]',
    token: '[redacted]',
    q: 'f(password: "[redacted]", a: 1)',
  });
  const pairs = '[{"name":"pin","value":1234},{"key":"user","value":"bob"},{"name":"password","type":"text"}]';
  expect(JSON.parse(redactor.body(pairs, ''))).toEqual([
    { name: 'pin', value: '[redacted]' },
    { key: 'user', value: 'bob' },
    { name: 'password', type: 'text' },
  ]);
  expect(redactor.url('http://bob:QQ@h/?a=1&token=QQ&b=2')).toBe('http://bob:[redacted]@h/?a=1&token=[redacted]&b=2');
});

test('header lines that hold secrets are hidden to their end, folded ones too', () => {
  const lines =
    'Host: h\r\nAuthorization: Basic QQQ\r\nCookie: a=QQ;\r\n b=QQ\r\nReferer: http://bob:QQ@h/?token=QQ&b=1\r\nX-Api-Key:QQ\r\n' +
    'proxy-authorization: QQ\r\nSet-Cookie: QQ';
  expectHiddenHowever(lines, cut => redactor.headers(cut));
  expect(redactor.headers(lines).split('\r\n')).toEqual([
    'Host: h',
    'Authorization: [redacted]',
    'Cookie: [redacted]',
    'Referer: http://bob:[redacted]@h/?token=[redacted]&b=1',
    'X-Api-Key:[redacted]',
    'proxy-authorization: [redacted]',
    'Set-Cookie: [redacted]',
  ]);
});

test('parameters are hidden by their place and by their name, and where their place was cut off', () => {
  const insert = 'INSERT INTO u (name, password, age) VALUES (?, ?, ?)';
  expect(redactor.parameters(insert, 'mysql', ['bob', 'QQ', '7'])).toEqual(['bob', '[redacted]', '7']);
  const cut = insert.slice(0, -6);
  expect(redactor.parameters(cut, 'mysql', ['bob', 'QQ', '7'])).toEqual(['bob', '[redacted]', '[redacted]']);
  const update = 'UPDATE u SET password = crypt($2, gen_salt($3)) WHERE id = $1';
  expect(redactor.parameters(update, 'standard', ['5', 'QQ', 'bf'])).toEqual(['5', '[redacted]', '[redacted]']);
  const unnamed = 'UPDATE u SET name = @b, password = @a WHERE name = @b AND id = @id';
  expect(redactor.parameters(unnamed, 'standard', ['bob', 'QQ', '5'])).toEqual(['bob', '[redacted]', '5']);
  const named = 'UPDATE u SET password = @p0 WHERE name = @name';
  expect(redactor.parameters(named, 'standard', ['QQ', 'bob'], ['@p0', '@name'])).toEqual(['[redacted]', 'bob']);
  expect(redactor.parameters('SELECT f(:1, :2)', 'standard', ['{"token":"QQ"}', 'b'])).toEqual([
    '{"token":"[redacted]"}',
    'b',
  ]);
});

test('names are added and taken away, in any spelling, and each secret is counted', () => {
  hidden = 0;
  const own = make(['iban', 'card*', '*_tax'], ['csrf-token']);
  const url = own.url('/?IBAN=1&cardNumber=2&income_tax=3&csrfToken=4&xiban=5&password=6');
  expect(url).toBe(
    '/?IBAN=[redacted]&cardNumber=[redacted]&income_tax=[redacted]&csrfToken=4&xiban=5&password=[redacted]',
  );
  expect(hidden).toBe(4);
  expect(own.named('I-B-A-N', 'DE1')).toBe('[redacted]');
  expect(make([], ['*']).url('/?password=6')).toBe('/?password=6');
});

test('hostile text of 200,000 characters is read to its end', () => {
  const pieces = ['a', '=', ':', '<', '<pin', '&', '"', '\\', '[', '"pin":"', 'pin=', '"pin":[', '://', '://a:', ' ='];
  const statements = ["'", "''", '$a$', '(', '/*', "pin 'x' = ", 'insert into t(pin)values(', '[a', '"', 'N', '::'];
  for (const piece of [...pieces, ...statements, '\n:', '\n', ';/', '%70=', SECRET]) {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    redactor.body(text, '');
    redactor.body(text, 'application/x-www-form-urlencoded');
    redactor.headers(text);
    redactor.url(`http://h/;${text}?${text}`);
    redactor.sql(text, 'mysql');
    redactor.sql(text, 'standard');
  }
}, 60_000);
