import Detection
import TestSupport
import Testing

@Suite struct ClassNamesTests {
  static let readable: [(String, [String])] = [
    ("['person', 'car']", ["person", "car"]),
    ("{0: 'person', 1: 'car'}", ["person", "car"]),
    ("{1: 'car', 0: 'person'}", ["person", "car"]),
    (#"["person", "bic'ycle"]"#, ["person", "bic'ycle"]),
    (
      #"['it\'s', 'a\\b', 'tab\there', "\"quoted\""]"#,
      ["it's", "a\\b", "tab\\there", "\"quoted\""]
    ),
    (#"['\x41', '\u00e9', '\U0001F600']"#, ["A", "é", "😀"]),
    (#"{"0": "person", "1": "car"}"#, ["person", "car"]),
    ("[u'person', 'été', '車',]", ["person", "été", "車"]),
    ("('a', 'b')", ["a", "b"]),
    (" [ 'a' , 'b' ] ", ["a", "b"]),
    ("['a, b', ': ]}', '']", ["a, b", ": ]}", ""]),
    ("[]", []),
    ("{}", []),
  ]

  @Test("names are read", arguments: readable)
  func reads(_ text: String, _ expected: [String]) throws {
    let names = try #require(ClassNames(text))
    #expect(names.count == expected.count)
    for (index, name) in expected.enumerated() { #expect(names[index] == name) }
    #expect(names[expected.count] == nil && names[-1] == nil)
  }

  @Test("a dict with gaps has names but no count")
  func gaps() throws {
    let names = try #require(ClassNames("{0: 'a', 9223372036854775807: 'b', -3: 'c'}"))
    #expect(names.count == nil)
    #expect(names[.max] == "b" && names[-3] == "c" && names[1] == nil)
  }

  static let unreadable = [
    "", "person", "[", "['a'", "['a' 'b']", "['a", "['a']]", "{0 'a'}", "{0: 'a', 0: 'b'}",
    "{'a': 'b'}", "{99999999999999999999: 'a'}", "[1, 2]", "{0: 1}", #"['\x4']"#, #"['\uD800']"#,
    "['a\\", "{--1: 'a'}", "None", "\u{0}", "[['a']]",
  ]

  @Test("what is no such literal is refused", arguments: unreadable)
  func refuses(_ text: String) { #expect(ClassNames(text) == nil) }

  @Test("no text traps", arguments: 0..<50 as Range<UInt64>)
  func damaged(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array(#"[]{}()'",:\xuU0159 ab-"#.unicodeScalars) + ["\u{0}", "é", "😀"]
    for _ in 0..<200 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...24, using: &generator) {
        text.append(alphabet.randomElement(using: &generator)!)
      }
      if let names = ClassNames(String(text)) { #expect(names.count ?? 0 >= 0) }
    }
  }
}
