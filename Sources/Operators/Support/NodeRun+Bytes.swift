import Tensors

extension NodeRun {
  /// Where the elements of an input that was prepared as present begin.
  func inputBytes(_ index: Int) -> UnsafeRawPointer {
    let tensor = inputs[index]!
    return tensor.unsafeStart
  }

  /// Where the elements of an output begin.
  func outputBytes(_ index: Int = 0) -> UnsafeMutableRawPointer {
    outputs[index].unsafeBytes.baseAddress!
  }
}
