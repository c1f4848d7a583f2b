import FoundationEssentials

/// Writes a report as JSON: keys in alphabetical order, numbers as short as they can be read back.
public func encodeJSON(_ value: some Encodable) -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  do {
    return try encoder.encode(value) + Data("\n".utf8)
  } catch {
    preconditionFailure("a report holds only what JSON can say: \(error)")
  }
}
