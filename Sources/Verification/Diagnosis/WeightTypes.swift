import Detection
import ONNXGraph
import Tensors

extension Model {
  /// The 16-bit types that can hold all of the graph's float32 weights as they are.
  var weightTypes: [NarrowType] {
    let weights = graph.initializers.values.filter {
      $0.elementType == .float32 && $0.shape.rank > 1
    }
    guard !weights.isEmpty else { return [] }
    // A number that bfloat16 can hold is often one that float16 can, too: it comes first.
    return [NarrowType.bfloat16, .float16].filter { type in
      weights.allSatisfy { tensor in
        tensor.withElements(of: Float.self) { values in
          values.allSatisfy { type.rounded($0) == $0 }
        }
      }
    }
  }
}
