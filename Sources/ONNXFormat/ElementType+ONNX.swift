import Tensors

extension ElementType {
  private static let codes: [(ElementType, Onnx_TensorProto.DataType)] = [
    (.float32, .float), (.float64, .double), (.float16, .float16), (.bfloat16, .bfloat16),
    (.int8, .int8), (.int16, .int16), (.int32, .int32), (.int64, .int64),
    (.uint8, .uint8), (.uint16, .uint16), (.uint32, .uint32), (.uint64, .uint64),
    (.bool, .bool),
  ]

  /// The element type a `TensorProto.DataType` code stands for; `nil` for types this project
  /// has no tensors of, such as strings and float8.
  package init?(onnxCode code: Int) {
    guard let found = Self.codes.first(where: { $0.1.rawValue == code }) else { return nil }
    self = found.0
  }

  /// The `TensorProto.DataType` code of this type.
  package var onnxCode: Int {
    Self.codes.first { $0.0 == self }!.1.rawValue
  }

  /// How messages name a `TensorProto.DataType` code.
  package static func name(ofONNXCode code: Int) -> String {
    if let type = ElementType(onnxCode: code) { return type.description }
    return Onnx_TensorProto.DataType(rawValue: code).map { "\($0)".lowercased() } ?? "type \(code)"
  }
}

extension Onnx_TensorProto {
  /// `nil` for a type this project has no tensors of.
  package var elementType: ElementType? { ElementType(onnxCode: Int(dataType)) }
}
