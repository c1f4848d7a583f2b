/// What the header of an `.npy` file says (NumPy Enhancement Proposal 1, versions 1.0 to 3.0).
struct NPYHeader {
  var elementType: ElementType
  var isBigEndian = false
  /// Whether the first axis, not the last, is the one whose elements lie side by side.
  var isFortranOrder = false
  var shape: Shape

  private static let maximumRank = 64
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

extension NPYHeader {
  /// Reads the header and says where the data begin.
  static func read(_ bytes: CheckedBytes) throws(TensorError) -> (NPYHeader, dataOffset: Int) {
    guard bytes.starts(with: magic), let major = bytes.integer(UInt8.self, at: 6),
      let minor = bytes.integer(UInt8.self, at: 7)
    else { throw TensorError("not an .npy file: it does not begin with \\x93NUMPY and a version") }
    guard (1...3).contains(major), minor == 0 else {
      throw TensorError(".npy format version \(major).\(minor); expected 1.0, 2.0 or 3.0")
    }
    let start = major == 1 ? 10 : 12
    let length = major == 1 ? bytes.integer(UInt16.self, at: 8) : bytes.integer(UInt32.self, at: 8)
    guard let length, let text = bytes.part(at: start, count: length) else {
      throw TensorError("the .npy file ends within its header")
    }
    var literal = PythonLiteral(text.region)
    return (try NPYHeader(reading: &literal), start + length)
  }

  private init(reading literal: inout PythonLiteral) throws(TensorError) {
    var type: (ElementType, isBigEndian: Bool)?
    var isFortranOrder: Bool?
    var dimensions: [Int]?
    try literal.expect("{")
    while !literal.skip("}") {
      let key = try literal.string()
      try literal.expect(":")
      switch key {
      case "descr": type = try NPYHeader.elementType(literal.string())
      case "fortran_order": isFortranOrder = try literal.boolean()
      case "shape": dimensions = try literal.integers()
      default: throw TensorError("unknown key \(key.debugDescription) in the .npy header")
      }
      if !literal.skip(",") {
        try literal.expect("}")
        break
      }
    }
    guard let type, let isFortranOrder, let dimensions else {
      throw TensorError("the .npy header lacks one of descr, fortran_order and shape")
    }
    guard dimensions.count <= NPYHeader.maximumRank else {
      throw TensorError(
        "\(dimensions.count) dimensions; NumPy has at most \(NPYHeader.maximumRank)")
    }
    elementType = type.0
    isBigEndian = type.isBigEndian
    self.isFortranOrder = isFortranOrder
    shape = try Shape(validating: dimensions)
  }

  private static func elementType(
    _ description: String
  ) throws(TensorError) -> (ElementType, isBigEndian: Bool) {
    let order = description.first ?? " "
    let code = String(description.dropFirst())
    let type = ElementType.allCases.first { $0.numPyCode == code }
    guard let type, "<>|=".contains(order) else {
      throw TensorError(
        "elements of type \(description.debugDescription); expected f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8"
          + " or b1")
    }
    return (type, order == ">")
  }
}

extension NPYHeader {
  /// The bytes `numpy.save` begins a file with.
  var bytes: [UInt8] {
    let order = elementType.byteCount == 1 ? "|" : isBigEndian ? ">" : "<"
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.rank == 1 ? "," : "")
    var text =
      "{'descr': '\(order)\(elementType.numPyCode!)', "
      + "'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(dimensions)), }"
    // NumPy leaves room for the first dimension to grow to 21 digits.
    if let first = shape.first { text += String(repeating: " ", count: 21 - "\(first)".count) }
    let isLong = text.utf8.count > 65_000  // Version 1.0 counts the header's bytes in 16 bits.
    let prefix = isLong ? 12 : 10
    text += String(repeating: " ", count: 63 - (prefix + text.utf8.count) % 64) + "\n"
    let length = (0..<(isLong ? 4 : 2)).map {
      UInt8(truncatingIfNeeded: text.utf8.count >> ($0 * 8))
    }
    return NPYHeader.magic + [isLong ? 2 : 1, 0] + length + Array(text.utf8)
  }
}

extension ElementType {
  /// The type's kind and size as NumPy writes them; `nil` for bfloat16, which NumPy has not.
  fileprivate var numPyCode: String? {
    switch self {
    case .float16: "f2"
    case .float32: "f4"
    case .float64: "f8"
    case .bfloat16: nil
    case .int8: "i1"
    case .int16: "i2"
    case .int32: "i4"
    case .int64: "i8"
    case .uint8: "u1"
    case .uint16: "u2"
    case .uint32: "u4"
    case .uint64: "u8"
    case .bool: "b1"
    }
  }
}
