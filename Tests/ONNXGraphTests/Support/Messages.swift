import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport

extension Onnx_ModelProto {
  /// A model of these nodes, which takes `x` and returns `y`, both float32 `[2]`.
  init(_ nodes: [Onnx_NodeProto]) {
    self.init()
    irVersion = 8
    opsetImport = [.init("", 13)]
    graph.name = "test"
    graph.node = nodes
    graph.input = [.init("x", [2])]
    graph.output = [.init("y", [2])]
  }

  /// The smallest such model.
  static func relu() -> Onnx_ModelProto { .init([.init("Relu", ["x"], ["y"])]) }

  /// The model as it loads from a file in a folder.
  func loaded(in folder: TemporaryFolder? = nil) throws -> Model {
    let folder = try folder ?? TemporaryFolder()
    let path = try folder.write(serializedBytes() as [UInt8], as: "model.onnx")
    return try Model(contentsOfFile: path)
  }
}

extension Onnx_OperatorSetIdProto {
  init(_ domain: String, _ version: Int64) {
    self.init()
    self.domain = domain
    self.version = version
  }
}

extension Onnx_NodeProto {
  init(
    _ type: String, _ inputs: [String], _ outputs: [String],
    _ attributes: [Onnx_AttributeProto] = []
  ) {
    self.init()
    opType = type
    input = inputs
    output = outputs
    attribute = attributes
  }
}

extension Onnx_AttributeProto {
  init(_ name: String, _ kind: AttributeType, _ set: (inout Onnx_AttributeProto) -> Void) {
    self.init()
    self.name = name
    type = kind
    set(&self)
  }
}

extension Onnx_ValueInfoProto {
  init(_ name: String, _ dimensions: [Int64]) {
    self.init()
    self.name = name
    type.tensorType.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    type.tensorType.shape.dim = dimensions.map { size in
      var dimension = Onnx_TensorShapeProto.Dimension()
      dimension.dimValue = size
      return dimension
    }
  }
}

extension Onnx_TensorProto {
  init(
    _ type: DataType, _ dims: [Int64], name: String = "w",
    _ set: (inout Onnx_TensorProto) -> Void = { _ in }
  ) {
    self.init()
    dataType = Int32(type.rawValue)
    self.dims = dims
    self.name = name
    set(&self)
  }

  /// A tensor whose data is in a file beside the model.
  init(_ type: DataType, _ dims: [Int64], external entries: [(String, String)]) {
    self.init(type, dims)
    dataLocation = .external
    externalData = entries.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
  }
}
