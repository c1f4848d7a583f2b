import Foundation
import Tensors

extension Onnx_TensorProto {
  /// The message that holds `tensor` as raw data.
  package init(_ tensor: Tensor, name: String = "") {
    self.init()
    if !name.isEmpty { self.name = name }
    dims = tensor.shape.map { Int64($0) }
    dataType = Int32(tensor.elementType.onnxCode)
    rawData = tensor.withUnsafeBytes { Data($0) }
  }
}
