import Tensors

/// What `trtexec --exportOutput` writes: JSON in looks.
///
/// `[{ "name" : "…", "dimensions" : "1x25200x4", "values" : [ … ] }, …]` in any order, the values flat
/// in row-major order. Numbers come as C++ streams write them, with six significant digits, and
/// without a type: they are read as float32. NaN and infinities stand bare, names are not escaped,
/// and for a shape that depends on the data, the values begin with the sentence "Final shape is 1x12x4
/// reported by the output allocator." Source: `sampleReporting.cpp` and `sampleInference.cpp` of
/// TensorRT 8 to 11.
enum TrtexecJSON {
  static let significantDigits = 6

  private static let keys = ["name", "dimensions", "values"]

  /// Whether an array of objects with the format's keys begins here.
  static func isBeginning(of scanner: JSONScanner) -> Bool {
    var scanner = scanner
    guard scanner.skip("["), scanner.skip("{"), let key = try? scanner.string(),
      keys.contains(key), scanner.skip(":")
    else { return false }
    return scanner.peek() != UInt8(ascii: "{")
  }

  static func read(_ scanner: inout JSONScanner) throws(TensorError) -> [TensorArchive.Entry] {
    var entries: [TensorArchive.Entry] = []
    try scanner.array { (scanner) throws(TensorError) in
      entries.append(try binding(&scanner))
    }
    try scanner.end()
    return entries
  }

  private static func binding(
    _ scanner: inout JSONScanner
  ) throws(TensorError) -> TensorArchive.Entry {
    var name: String?
    var dimensions: [Int]?
    var values: (values: [Float], dimensions: [Int]?)?
    try scanner.object { (scanner, key) throws(TensorError) in
      switch key {
      case "name": name = try unescapedString(&scanner)
      case "dimensions": dimensions = try Self.dimensions(scanner.string())
      case "values": values = try Self.values(&scanner, declared: dimensions)
      default: try scanner.skipValue()
      }
    }
    guard let name, let dimensions, let values else {
      throw scanner.error("an output lacks one of \(keys.joined(separator: ", "))")
    }
    let shape = try naming(name.debugDescription) { () throws(TensorError) in
      try Shape(validating: values.dimensions ?? dimensions)
    }
    guard values.values.count == shape.elementCount else {
      throw TensorError(
        "\(name.debugDescription): \(values.values.count) values; expected \(shape.elementCount) "
          + "for \(shape)")
    }
    return TensorArchive.Entry(name: name, tensor: Tensor(values.values, shape: shape))
  }

  /// A string whose quotes and backslashes are its own: it ends with the line, or where what follows
  /// goes on with the object.
  private static func unescapedString(
    _ scanner: inout JSONScanner
  ) throws(TensorError) -> String {
    try scanner.expect("\"")
    var text = ""
    while true {
      text += String(decoding: try scanner.bytes(upTo: "\""), as: UTF8.self)
      _ = scanner.skip("\"")
      var ahead = scanner
      guard let next = ahead.peek(), !",}".utf8.contains(next) else { return text }
      text += "\""
    }
  }

  /// `1x25200x4`, or `(1, 25200, 4)` as some versions have it.
  private static func dimensions(_ text: some StringProtocol) throws(TensorError) -> [Int] {
    let inner = String(text).filter { !"() ".contains($0) }
    guard !inner.isEmpty else { return [] }
    var dimensions: [Int] = []
    for part in inner.split(omittingEmptySubsequences: false, whereSeparator: { "x,".contains($0) })
    {
      guard let size = Int(part) else {
        throw TensorError("dimensions \(String(text).debugDescription); expected such as \"1x3x4\"")
      }
      dimensions.append(size)
    }
    return dimensions
  }

  private static func values(
    _ scanner: inout JSONScanner, declared: [Int]?
  ) throws(TensorError) -> (values: [Float], dimensions: [Int]?) {
    var final: [Int]?
    var values: [Float] = []
    if let declared, let shape = try? Shape(validating: declared) {
      // A number takes two bytes at least.
      values.reserveCapacity(min(shape.elementCount, scanner.remaining / 2))
    }
    try scanner.expect("[")
    if scanner.peek() == UInt8(ascii: "F") { final = try finalShape(&scanner) }
    while !scanner.skip("]") {
      values.append(Float(try scanner.number()))
      if !scanner.skip(",") {
        try scanner.expect("]")
        break
      }
    }
    return (values, final)
  }

  private static func finalShape(_ scanner: inout JSONScanner) throws(TensorError) -> [Int] {
    let sentence = String(decoding: try scanner.bytes(upTo: "\n"), as: UTF8.self)
    let beginning = "Final shape is "
    guard sentence.hasPrefix(beginning) else {
      throw scanner.error("\(sentence.prefix(40).debugDescription) among the values")
    }
    let rest = sentence.dropFirst(beginning.count)
    return try dimensions(rest.firstRange(of: " reported").map { rest[..<$0.lowerBound] } ?? rest)
  }
}
