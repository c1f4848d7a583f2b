import FoundationEssentials
import Tensors

extension Golden {
  /// Reads a record.
  ///
  /// - Throws: ``GoldenError``, naming the file, for what is no record, was changed after it was
  ///   written, or has a format that is newer than this release.
  public init(contentsOfFile path: String) throws(GoldenError) {
    do {
      let file = try MappedFile(path: path)
      guard file.bytes.count <= Self.sizeLimit else {
        throw GoldenError(
          "\(file.bytes.count) bytes, expected a record of at most \(Self.sizeLimit)")
      }
      try self.init(data: withExtendedLifetime(file) { Data(file.bytes) })
    } catch {
      throw GoldenError("\(path): \(error)")
    }
  }

  /// Reads the bytes of a record.
  package init(data: Data) throws(GoldenError) {
    guard data.count <= Self.sizeLimit else {
      throw GoldenError("\(data.count) bytes, expected a record of at most \(Self.sizeLimit)")
    }
    try Self.checkSchema(data)
    try Self.checkDigest(data)
    do {
      self = try JSONDecoder().decode(StoredGolden.self, from: data).golden()
    } catch let error as GoldenError {
      throw error
    } catch {
      throw GoldenError("not a record: \(DecodingText(error))")
    }
  }

  private static let sizeLimit = 256 << 20

  /// Writes the record, replacing what is there in one step.
  public func write(toFile path: String) throws(GoldenError) {
    do {
      // An update takes the place of the record it was made from.
      try FileWriter.write(Data(text.utf8), toFile: path, replacingInput: true)
    } catch {
      throw GoldenError("\(path): \(error)")
    }
  }

  private static func checkSchema(_ data: Data) throws(GoldenError) {
    struct Version: Decodable { var schema: Int }
    guard let found = try? JSONDecoder().decode(Version.self, from: data) else {
      throw GoldenError("not a record of verify-patch, or cut off: record it again")
    }
    switch found.schema {
    case 1...schema: return
    case let newer where newer > schema:
      throw GoldenError(
        "a record of schema \(newer), this release (\(Release.version)) reads up to \(schema): "
          + "use a newer verify-patch, or record it again")
    default: throw GoldenError("a record of schema \(found.schema), expected 1 to \(schema)")
    }
  }

  private static func checkDigest(_ data: Data) throws(GoldenError) {
    let footerLength = footer(digest: String(repeating: "0", count: 64)).utf8.count
    let body = data.dropLast(footerLength)
    guard !body.isEmpty,
      data.suffix(footerLength) == Data(footer(digest: SHA256.hexDigest(of: Data(body))).utf8)
    else {
      throw GoldenError(
        "changed since it was recorded: its digest is of other bytes. Restore it, or record it again"
      )
    }
  }
}

/// What JSONDecoder found wrong, in a line.
private struct DecodingText: CustomStringConvertible {
  private let error: any Error

  init(_ error: any Error) { self.error = error }

  var description: String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "\(place(context.codingPath))no '\(shown: key.stringValue)'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      place(context.codingPath)
        + context.debugDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
    default: "no JSON"
    }
  }

  private func place(_ path: [any CodingKey]) -> String {
    let text = path.reduce("") { text, key in
      key.intValue.map { "\(text)[\($0)]" }
        ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
    }
    return text.isEmpty ? "" : text + ": "
  }
}
